d <- data.frame(trust = c(1, 2, NA), arm = c("b", "a", NA), age = 31:33, f = 1:3, g = 3:1)

test_that("formulas and names say the same", {
  expect_identical(roles_of(d, trust ~ arm + age, NULL, NULL), roles_of(d, "trust", "arm", "age"))
  expect_identical(roles_of(d, cbind(trust, age) ~ 1, NULL, NULL)$outcome, c("trust", "age"))
  expect_identical(roles_of(d, trust ~ age, "arm", NULL)$covariates, "age")
  expect_identical(code_of(roles_of(d, ~arm, NULL, NULL)), "formula")
  expect_identical(code_of(roles_of(d, log(trust) ~ arm, NULL, NULL)), "formula")
  expect_identical(code_of(roles_of(d, trust ~ ., NULL, NULL)), "formula")
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
  filled <- transform(d, arm = c("b", "a", "a"))
  shared <- study_data(filled, trust ~ arm, list(prediction("f", arm = "a"), prediction("g", arm = "b")))
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
  expect_identical(code_of(study_data(transform(x, f = c(NA, f[-1])), "y", "f", moments = TRUE)), "missing_prediction")
  expect_identical(code_of(study_data(x, "y", "f", covariates = "f", moments = TRUE)), "unsupported_combination")
  expect_identical(code_of(study_data(transform(x, id = 1), "y", "f", unit = "id", moments = TRUE)), "duplicate_unit")
  asked <- transform(x, y = c(1, 2, NA, NA, NA), arm = "a")
  expect_identical(code_of(study_data(asked, "y", list(prediction("f", arm = "a")), arm = "arm", moments = TRUE)), "llm_only_arm")
  expect_identical(code_of(study_data(transform(x, asked = 1), "y", "f", human = "asked", moments = TRUE)), "missing_human_answer")
})
