d <- data.frame(trust = c(1, 2, NA), arm = c("b", "a", NA), age = 31:33, f = 1:3, g = 3:1)

test_that("formulas and names say the same", {
  expect_identical(roles_of(d, trust ~ arm + age, NULL, NULL), roles_of(d, "trust", "arm", "age"))
  expect_identical(roles_of(d, cbind(trust, age) ~ 1, NULL, NULL)$outcome, c("trust", "age"))
  expect_identical(roles_of(d, trust ~ age, "arm", NULL)$covariates, "age")
  expect_identical(code_of(roles_of(d, ~arm, NULL, NULL)), "formula")
  expect_identical(code_of(roles_of(d, log(trust) ~ arm, NULL, NULL)), "formula")
  expect_identical(code_of(roles_of(d, trust ~ ., NULL, NULL)), "formula")
})

test_that("a column has one role", {
  expect_identical(code_of(study_data(d, cbind(trust, trust) ~ arm, "f")), "duplicate_outcome")
  expect_identical(code_of(study_data(d, c("trust", "trust"), "f")), "duplicate_outcome")
  expect_error(study_data(d, "trust", "f", arm = "arm", covariates = c("age", "arm")), "`arm` stands twice among the arm and the covariates", fixed = TRUE)
  expect_identical(code_of(study_data(d, "trust", "f", covariates = c("age", "age"))), "duplicate_term")
  expect_identical(roles_of(d, trust ~ arm + arm + age + age, NULL, NULL), roles_of(d, trust ~ arm + age, NULL, NULL))
  expect_identical(roles_of(d, trust ~ arm + age, "arm", NULL), roles_of(d, trust ~ age, "arm", NULL))
  expect_error(study_data(d, trust ~ trust, "f"), "`trust` is both an outcome and an arm", fixed = TRUE)
})

test_that("arguments that there are not are told, and prediction = is predictions", {
  one <- study_data(d, trust ~ arm, prediction = "f")
  expect_identical(one$predictions[[1]]$model, "llm")
  for (ask in list(study_data, calibrate, diagnose)) {
    expect_error(ask(d, trust ~ arm, prediction = "f", conf.level = 0.9), "there is no argument `conf.level`", fixed = TRUE)
  }
  expect_identical(code_of(calibrate(d, trust ~ arm, prediction = "f", url = "http://127.0.0.1:9", timeout = 1)), "unreachable")
  expect_identical(code_of(design(d, trust ~ arm, prediction = "f", budget = 10)), "no_costs")
  expect_error(design(basis = list(ppi_correlation = 0.5), budget = 10), "costs = list(human = 5, llm = 0.02)", fixed = TRUE)
})

test_that("columns without a name are told, and trouble nobody who does not need them", {
  for (name in c(NA, "")) {
    nameless <- stats::setNames(d, c("trust", name, "age", "f", "g"))
    expect_error(study_data(nameless, trust ~ arm, "f"), "there is no column `arm`\n    columns are `trust`, `age`, `f`, `g`; column 2 has no name", fixed = TRUE)
    expect_identical(encode(study_data(nameless, "trust", "f")), encode(study_data(d, "trust", "f")))
  }
  expect_identical(code_of(study_data(d, "", "f")), "not_a_name")
})

test_that("levels are in R's order", {
  study <- data.frame(y = c(1, 3, 2, 5), size = factor(c("big", "small", "mid", "big"), c("small", "mid", "big", "none")), f = 1:4)
  sent <- function(estimand, outcome = y ~ 1, ...) study_data(study, outcome, "f", covariates = "size", plan = list(estimand = estimand), ...)
  linear <- sent(list(type = "linear", terms = "size"))
  expect_identical(lapply(linear$covariates, unclass), list("size=mid" = c(0L, 0L, 1L, 0L), "size=big" = c(1L, 0L, 0L, 1L)))
  expect_identical(encode(plan_of(list(estimand = list(type = "linear", terms = "size")), linear)), "{\"estimand\":{\"type\":\"linear\",\"terms\":[\"size=mid\",\"size=big\"]}}")
  expect_identical(attr(linear, "places")[["/data/covariates/size=big"]], "size")
  expect_identical(names(sent(list(type = "linear"))$covariates), "size")
  expect_identical(attr(sent(list(type = "amce", attributes = "size")), "estimand")$baselines, list(size = "small"))
  expect_null(attr(sent(list(type = "amce", attributes = "size", baselines = c(size = "mid"))), "estimand")$baselines$small)
  expect_identical(attr(study_data(study, "size", c(llm = "size"), plan = list(estimand = "multinomial")), "estimand")$categories, c("small", "mid", "big"))
  expect_null(attr(study_data(transform(study, size = as.character(size)), "size", "size", plan = list(estimand = "proportions")), "estimand"))
  only <- data.frame(y = c("T", "T"), f = c("F", "T"))
  expect_null(attr(study_data(only, "y", "f", plan = list(estimand = "proportions")), "estimand"))
  expect_identical(attr(study_data(transform(only, y = factor(y)), "y", "f", plan = list(estimand = "proportions")), "estimand")$categories, c("T", "F"))
  expect_silent(sent(list(type = "linear", terms = "size")))
  target <- list(estimand = list(type = "linear", terms = "size"), target = list(margins = list(size = c(big = 1))))
  expect_message(study_data(study, "y", "f", covariates = "size", plan = target), "the baseline is \"big\", not \"small\" as in R", fixed = TRUE)
})

test_that("predictions are names, named vectors or lists", {
  expect_identical(predictions_of("f")[[1]]$model, "llm")
  expect_identical(vapply(predictions_of(c(gpt = "f", "g")), `[[`, "", "model"), c("gpt", "g"))
  expect_identical(predictions_of(list(gpt = prediction("f", arm = "a")))[[1]]$model, "gpt")
  expect_identical(code_of(predictions_of(3)), "not_predictions")
})

test_that("the reference arm is R's, whatever the order of rows", {
  expect_identical(control_of(d, "arm"), "a")
  expect_identical(control_of(data.frame(arm = factor(c("a", "b"), c("z", "b", "a"))), "arm"), "b")
  expect_identical(control_of(data.frame(arm = c(1, 0, NA)), "arm"), "0")
  expect_identical(control_of(data.frame(arm = c(TRUE, FALSE)), "arm"), "FALSE")
  expect_identical(control_of(data.frame(arm = c("b", "", "a")), "arm"), "a")
  expect_identical(control_of(data.frame(arm = c("b", "a")), "arm", c(TRUE, FALSE)), "b")
  expect_null(control_of(data.frame(arm = c(NA, "")), "arm"))
  study <- study_data(d, trust ~ arm, "f")
  expect_identical(plan_of(list(), study)$control, "a")
  expect_identical(plan_of(list(estimand = "mean"), study)$estimand, list(type = "mean"))
  expect_identical(plan_of(list(control = NULL, seed = 1), study), list(seed = 1))
  expect_null(plan_of(list(contrasts = list("b - a" = c(b = 1, a = -1))), study)$control)
})

test_that("the reference among texts is that of lm() in this session", {
  arms <- data.frame(arm = c("b", "Letter", "a", "control", "B"))
  expect_identical(arms_in_order(arms, "arm"), levels(factor(arms$arm)))
  coded <- structure(c(2, 1), labels = c(z = 1, a = 2), class = "haven_labelled")
  expect_identical(arms_in_order(list2DF(list(arm = coded)), "arm"), c("z", "a"))
  if (!capabilities("ICU")) return()
  on.exit(icuSetCollate(locale = "default"))
  first <- function(locale) {
    icuSetCollate(locale = locale)
    control_of(data.frame(arm = c("Letter", "control")), "arm")
  }
  expect_identical(c(first("en_US"), first("ASCII")), c("control", "Letter"))
})

test_that("where no arm is named, rows of the reference come first, and are told by their own number", {
  sent <- function(plan, arm = c("b", "c", "a", NA)) {
    study <- study_data(data.frame(y = c(1, 2, 3, NA), arm = arm, f = 4:1), y ~ arm, list(prediction("f", arm = "a")), plan = plan)
    list(arm = unclass(study$arm), f = unclass(study$predictions[[1]]$values), rows = attr(attr(study, "places"), "rows"))
  }
  expect_identical(sent(list(control = NULL)), list(arm = c("a", "b", "c", NA), f = c(2L, 4L, 3L, 1L), rows = c(3L, 1L, 2L, 4L)))
  expect_identical(sent(list(control = "c"))$arm, c("c", "a", "b", NA))
  expect_null(sent(list())$rows)
  expect_null(sent(list(), c("b", "a", "b", NA))$rows)
  expect_identical(sent(list(), factor(c("b", "c", "a", NA), c("a", "c", "b")))$arm, c("a", "c", "b", NA))
  errors <- error_rows(list(list(pointer = "/data/outcomes/y/0", code = "c", detail = "d", hint = "h")))
  expect_identical(located(errors, structure(list("y"), names = "/data/outcomes/y", rows = c(3L, 1L, 2L)))$row, 3L)
})

test_that("no reference and a mean difference exclude each other", {
  refused <- function(plan, arms = c("a", "b")) code_of(refuse_no_reference(plan, arms))
  expect_identical(refused(list(control = NULL)), "no_reference")
  expect_identical(refused(list(control = NULL, estimand = list(type = "mean_difference"))), "no_reference")
  expect_error(refuse_no_reference(list(control = NULL), c("a", "b")), "the reference is then \"a\"")
  for (plan in list(list(), list(control = "b"), list(control = NULL, estimand = "proportions"), list(control = NULL, contrasts = list("a - b" = c(a = 1, b = -1))))) {
    expect_identical(refused(plan), "no refusal")
  }
  expect_identical(refused(list(control = NULL), "a"), "no refusal")
  frame <- data.frame(y = 1:4, arm = c("b", "a"), f = 1)
  expect_identical(code_of(calibrate(frame, y ~ arm, "f", plan = list(control = NULL))), "no_reference")
  expect_identical(code_of(design(frame, y ~ arm, "f", plan = list(control = NULL), costs = list(human = 1, llm = 0), budget = 9)), "no_reference")
})

test_that("an outcome without an answer is told as that", {
  none <- transform(d, trust = NA)
  expect_error(study_data(none, trust ~ arm, "f"), "`trust` has no answer: it is missing in every row", fixed = TRUE)
  expect_identical(code_of(study_data(transform(d, trust = ""), trust ~ arm, "f", moments = TRUE)), "no_answers")
  expect_error(study_data(none, cbind(age, trust) ~ arm, "f"), "`trust` has no answer", fixed = TRUE)
})

test_that("frames that cannot be studies are refused before anything is sent", {
  expect_identical(code_of(study_data(d[0, ], "trust", "f")), "no_rows")
  expect_identical(code_of(study_data(as.matrix(d[3:4]), "trust", "f")), "not_a_data_frame")
  expect_identical(code_of(study_data(d, "Trust", "f")), "no_such_column")
  expect_error(study_data(d, "thrust", "f"), "did you mean `trust`?", fixed = TRUE)
  expect_identical(code_of(study_data(cbind(d, trust = 1), "trust", "f")), "duplicate_column")
})

test_that("single rows and single columns stay arrays", {
  one <- study_data(d[1, ], "trust", "f")
  expect_match(encode(one), "\"outcomes\":{\"trust\":[1]}", fixed = TRUE)
  expect_match(encode(one), "\"predictions\":[{\"model\":\"llm\",\"values\":[1]}]", fixed = TRUE)
})

test_that("LLM-only rows of shared predictions have no arm", {
  filled <- transform(d, arm = c("b", "a", "a"), person = c(TRUE, TRUE, FALSE))
  twins <- list(prediction("f", arm = "a"), prediction("g", arm = "b"))
  expect_error(study_data(filled, trust ~ arm, twins), "LLM-only rows have an arm in row 3", fixed = TRUE) # or a person who did not answer
  shared <- study_data(filled, trust ~ arm, twins, human = "person")
  expect_identical(shared$prediction_design, "shared")
  expect_match(encode(shared), "\"arm\":[\"b\",\"a\",null]", fixed = TRUE)
  expect_identical(study_data(filled, trust ~ arm, "f")$prediction_design, "independent")
})

test_that("a pointer is told as column and row", {
  places <- places_of(list(outcome = "a/b", arm = "arm", covariates = NULL, predictions = predictions_of("f"), weight = NULL))
  errors <- error_rows(lapply(c("/data/outcomes/a~1b/16", "/data/predictions/0/values/0", "/data/arm", "/plan/x"), function(p) list(pointer = p, code = "c", detail = "d", hint = "h")))
  found <- located(errors, places)
  expect_identical(found$column, c("a/b", "f", "arm", NA))
  expect_identical(found$row, c(17L, 1L, NA, NA))
})

test_that("a refusal for want of a key says where R takes it from", {
  document <- list(status = 401L, code = "unauthenticated", detail = "This path needs a key.", errors = list(), errors_total = 0L)
  expect_match(conditionMessage(problem_of_document(document, list())), "needs a key.*Sys.setenv\\(RECTIFIER_KEY")
})

test_that("a message has no more than R shows of one, the odd rows first", {
  errors <- lapply(c(rep("a", 60), "b", rep("c", 39)), function(detail) list(pointer = "/data/outcomes/y/1", code = "c", detail = strrep(detail, 300), hint = "h"))
  told <- conditionMessage(problem_of_document(list(status = 422L, code = "c", detail = "d", errors = errors, errors_total = 500L), list("/data/outcomes/y" = "y")))
  expect_lt(nchar(told), getOption("warning.length"))
  expect_match(told, "^refused with 422 \\(c\\), 500 problems\n  \\* `y`, row 2: b.*\n  \\* `y`, rows .*: c.*\n  \\.\\.\\. more in `errors`")
})

test_that("what the wire names stays with the columns of a data frame with odd names", {
  odd <- stats::setNames(data.frame(1:3, c("u", "v", NA), 3:1, check.names = FALSE), c("trust in \"them\"", "a/b", "\u00e9~"))
  sent <- encode(study_data(odd, names(odd)[1], stats::setNames("\u00e9~", "llm"), arm = "a/b"))
  expect_identical(names(jsonlite::parse_json(sent)$outcomes), names(odd)[1])
})

test_that("moments are those of the rows", {
  x <- data.frame(y = c(1, 2, 4, NA, NA), arm = c("a", "a", "a", NA, NA), f = c(1, 3, 2, 5, 7))
  sent <- study_data(x, "y", "f", moments = TRUE)
  expect_identical(unclass(sent$arms[[1]]$mean), c(7 / 3, 2))
  expect_equal(sent$arms[[1]]$covariance, unname(cov(x[1:3, c("y", "f")])), tolerance = 1e-14)
  expect_identical(sent$llm_only[[1]]$n, 2L)
  expect_false(grepl("\"y\"|outcomes", encode(sent)))
  turned <- data.frame(y = 1:4, arm = factor(c("b", "b", "a", "a")), f = c(1, 3, 2, 2))
  expect_identical(vapply(study_data(turned, y ~ arm, "f", moments = TRUE)$arms, `[[`, "", "name"), c("a", "b"))
  expect_identical(code_of(study_data(transform(x, f = c(NA, f[-1])), "y", "f", moments = TRUE)), "missing_prediction")
  expect_identical(code_of(study_data(x, "y", "f", covariates = "f", moments = TRUE)), "unsupported_combination")
  expect_identical(code_of(study_data(transform(x, id = 1), "y", "f", unit = "id", moments = TRUE)), "duplicate_unit")
  asked <- transform(x, y = c(1, 2, NA, NA, NA), arm = "a")
  expect_identical(code_of(study_data(asked, "y", list(prediction("f", arm = "a")), arm = "arm", moments = TRUE)), "llm_only_arm")
  expect_identical(code_of(study_data(transform(x, asked = 1), "y", "f", human = "asked", moments = TRUE)), "missing_human_answer")
})
