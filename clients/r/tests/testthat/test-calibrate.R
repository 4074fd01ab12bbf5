test_that("an answer is that of the same request written by hand", {
  needs("RECTIFIER_URL")
  d <- letters_study()[1:160, ]
  fit <- calibrate(d, trust ~ arm, twins("gpt"), plan = exchangeable)
  column <- function(x) paste0("[", paste(ifelse(is.na(x), "null", if (is.character(x)) dQuote(x, FALSE) else x), collapse = ","), "]")
  by_hand <- paste0(
    "{\"plan\":{\"identification\":\"exchangeability\",\"control\":\"control\"},\"data\":{\"layout\":\"table\",\"prediction_design\":\"shared\",",
    "\"arm\":", column(d$arm), ",\"outcomes\":{\"trust\":", column(d$trust), "},\"predictions\":[{\"model\":\"gpt\",\"arm\":\"control\",\"values\":",
    column(d$gpt_control), "},{\"model\":\"gpt\",\"arm\":\"letter\",\"values\":", column(d$gpt_letter), "}]}}"
  )
  same_answer(answer_of("/v1/calibrations", by_hand, "by_hand", rectifier_url(), rectifier_key(), 60), fit)
})

test_that("bytes and digits are the same numbers", {
  needs("RECTIFIER_URL")
  d <- letters_study()
  d$gpt_control <- d$gpt_control + 1 / 3
  ask <- function() calibrate(d, trust ~ arm, twins("gpt"), covariates = "sex", plan = exchangeable)
  digits <- ask()
  old <- options(rectifier.binary_from = 1)
  on.exit(options(old))
  same_answer(ask(), digits)
})

test_that("factors, logicals, tibbles and labels are what they stand for", {
  needs("RECTIFIER_URL")
  d <- letters_study()
  ask <- function(d) calibrate(d, trust ~ arm, twins("gpt"), plan = exchangeable)
  plain <- ask(d)
  same_answer(ask(transform(d, arm = factor(arm))), plain)
  same_answer(ask(transform(d, trust = as.integer(trust))), plain)
  same_answer(ask(transform(d, trust = ifelse(is.na(trust), NaN, trust))), plain)
  if (requireNamespace("tibble", quietly = TRUE)) same_answer(ask(tibble::as_tibble(d)), plain)
  turned <- ask(transform(d, arm = factor(arm, c("letter", "control"))))
  expect_identical(names(coef(turned)), "control - letter")
  expect_equal(unname(coef(turned)), -unname(coef(plain)), tolerance = 1e-12)
  yes <- transform(d, trust = trust > 4)
  expect_equal(coef(ask(yes)), coef(ask(transform(yes, trust = as.numeric(trust)))))
})

test_that("moments give the estimates of rows", {
  needs("RECTIFIER_URL")
  d <- letters_study()
  rows <- calibrate(d, trust ~ arm, twins(), plan = exchangeable)
  moments <- calibrate(d, trust ~ arm, twins(), plan = exchangeable, moments = TRUE)
  expect_equal(coef(moments), coef(rows), tolerance = 1e-10)
  expect_equal(unname(numbers(moments$arms, "mean", "estimate")), unname(numbers(rows$arms, "mean", "estimate")), tolerance = 1e-10)
  d$trust[1:3] <- NA
  d$asked <- seq_len(nrow(d)) <= 120
  dropped <- c(exchangeable, missing = "drop_unit")
  ask <- function(moments) calibrate(d, trust ~ arm, twins(), human = "asked", plan = dropped, moments = moments)
  expect_equal(coef(ask(TRUE)), coef(ask(FALSE)), tolerance = 1e-10)
})

test_that("an answer to moments has the name and the warnings of one to rows", {
  needs("RECTIFIER_URL")
  d <- letters_study()
  d$trust[1:3] <- NA
  d$asked <- seq_len(nrow(d)) <= 110
  d$arm[!d$asked] <- NA
  codes <- function(x) words(x$warnings, "code")
  both <- lapply(c(FALSE, TRUE), function(moments) {
    calibrate(d, trust ~ arm, twins("gpt"), human = "asked", plan = c(exchangeable, missing = "drop_unit"), moments = moments)
  })
  expect_identical(codes(both[[1]]), c("missing_human_dropped", "human_answer_ignored"))
  expect_identical(both[[2]]$warnings, both[[1]]$warnings)
  expect_identical(unique(c(words(both[[2]]$estimates, "outcome"), words(both[[2]]$arms, "outcome"))), "trust")
  expect_match(both[[2]]$report, "for outcome trust was", fixed = TRUE)
  expect_match(attr(both[[2]], "json"), "\"outcome\":\"y\"", fixed = TRUE)
  cards <- lapply(c(FALSE, TRUE), function(moments) diagnose(d, trust ~ arm, twins("gpt"), human = "asked", checks = "fidelity_individual", moments = moments))
  expect_identical(tidy(cards[[2]])$outcome[1], "trust")
  expect_identical(codes(cards[[2]]), codes(cards[[1]]))
})

test_that("a factor that is no number is told how to become one", {
  needs("RECTIFIER_URL")
  said <- tryCatch(calibrate(transform(letters_study(), trust = factor(trust, labels = letters[1:7])), trust ~ arm, twins("gpt")), rectifier_problem = conditionMessage)
  expect_match(said, "as.numeric(as.character(x))", fixed = TRUE)
  expect_match(said, "match(x, c(\"low\", \"mid\", \"high\"))", fixed = TRUE)
  expect_no_match(said, "as.integer")
})

test_that("a refusal names column and row as R does", {
  needs("RECTIFIER_URL")
  d <- letters_study()
  d$trust <- as.character(d$trust)
  d$trust[17] <- "NA"
  refusal <- tryCatch(calibrate(d, trust ~ arm, twins("gpt")), rectifier_problem = identity)
  expect_s3_class(refusal, c("rectifier_problem", "error", "condition"), exact = TRUE)
  expect_identical(refusal$status, 422L)
  expect_identical(refusal$errors_total, 120L)
  expect_identical(nrow(refusal$errors), 100L)
  expect_match(conditionMessage(refusal), "`trust`, row 17: .*na.strings")
  expect_identical(refusal$errors$code[refusal$errors$row %in% 17L], "r_na_string")
  wrong <- tryCatch(calibrate(letters_study(), trust ~ arm, twins("gpt"), plan = list(conf.level = 0.9)), rectifier_problem = identity)
  expect_identical(wrong$pointers, "/plan/conf.level")
  expect_match(wrong$hints, "confidence_level")
})

test_that("nobody there, and a code of nobody, are told at once", {
  needs("RECTIFIER_URL")
  began <- Sys.time()
  expect_identical(code_of(rectifier_get("/livez", url = "http://127.0.0.1:9")), "unreachable")
  expect_lt(as.numeric(Sys.time() - began, units = "secs"), 5)
  expect_identical(code_of(rectifier_explain("no_such_code")), "not_found")
  expect_identical(rectifier_explain("few_humans")$code, "few_humans")
  expect_true("regression" %in% rectifier_methods()$name)
})

test_that("results are data frames, vectors, text and plots", {
  needs("RECTIFIER_URL")
  fit <- calibrate(letters_study(), trust ~ arm, twins(), subgroup = "sex", plan = c(exchangeable, list(costs = list(human = 5, llm = c(gpt = 0.02, small = 0.001), budget = 500))))
  rows <- tidy(fit)
  expect_identical(nrow(rows), 3L)
  expect_identical(rows$estimate, unname(coef(fit)))
  expect_identical(names(coef(fit)), c("everyone", "f", "m"))
  expect_identical(unname(confint(fit)[, 1]), rows$conf.low)
  expect_identical(colnames(confint(fit)), c("2.5 %", "97.5 %"))
  expect_error(confint(fit, level = 0.9), "confidence_level")
  expect_error(tidy(fit, conf.level = 0.9), "confidence_level")
  expect_false("conf.low" %in% names(tidy(fit, conf.int = FALSE)))
  expect_identical(nrow(glance(fit)), 1L)
  expect_identical(glance(fit)$n.llm.only, 480)
  expect_identical(nobs(fit), 120L)
  wide <- as.data.frame(fit)
  expect_identical(wide$interval_lower, rows$conf.low)
  expect_output(print(fit), "calibrated .* humans only .* LLM only")
  expect_output(print(summary(fit)), "For a methods section")
  if (requireNamespace("generics", quietly = TRUE)) {
    expect_identical(generics::tidy(fit), rows)
    expect_error(tidy(1), "no method|No tidy|no applicable")
  }
  grDevices::pdf(NULL)
  on.exit(grDevices::dev.off())
  expect_invisible(plot(fit))
  expect_invisible(plot(fit, xlim = c(-1, 2)))
  expect_invisible(plot(fit, ylab = "subgroup", bty = "l", cex.main = 2))
})

test_that("a subgroup may be called everyone", {
  needs("RECTIFIER_URL")
  d <- transform(letters_study(), sex = ifelse(sex == "f", "everyone", sex))
  fit <- calibrate(d, trust ~ arm, twins("gpt"), subgroup = "sex")
  expect_identical(names(coef(fit)), c("everyone together", "everyone", "m"))
  expect_output(print(summary(fit)), "everyone together")
})

test_that("baselines and categories of factors are their first levels", {
  needs("RECTIFIER_URL")
  d <- letters_study()
  d$era <- cut(d$age, c(0, 30, 50, 99), c("young", "mid", "old"))
  plan <- list(estimand = list(type = "linear", terms = "era", treatment = TRUE), estimator = "human_only")
  fit <- calibrate(d, trust ~ arm + era, NULL, plan = plan)
  expect_identical(names(coef(fit)), c("intercept", "era=mid", "era=old", "arm=letter"))
  expect_equal(unname(coef(fit)), unname(coef(lm(trust ~ era + arm, d))), tolerance = 1e-10)
  missing <- transform(d, era = replace(era, 5, NA))
  expect_error(calibrate(missing, trust ~ arm + era, twins("gpt"), plan = plan[1]), "`era`, row 5: ", fixed = TRUE)
  d$level <- cut(d$trust, c(0, 3, 4, 7), c("low", "mid", "high"))
  d$guess <- cut(d$gpt_control, c(0, 3, 4, 9), c("low", "mid", "high"))
  expect_identical(names(coef(calibrate(d, "level", "guess", plan = list(estimand = "proportions")))), c("low", "mid", "high"))
})

test_that("a study as read.csv reads it, with empty fields, is the study", {
  needs("RECTIFIER_URL")
  d <- letters_study()
  blank <- transform(d, arm = ifelse(is.na(arm), "", arm))
  same_answer(calibrate(blank, trust ~ arm, twins("gpt")), calibrate(d, trust ~ arm, twins("gpt")))
})

test_that("columns of every role arrive as what they are", {
  needs("RECTIFIER_URL")
  d <- transform(letters_study(), w = rep(c(0.5, 1, 1.75), 200), school = rep(1:60, 10), rural = rep(c(TRUE, FALSE), 300), p = 0.2)
  by_hand <- function(...) {
    values <- function(name) list(model = "gpt", arm = sub("gpt_", "", name), values = d[[name]])
    data <- list(
      layout = "table", prediction_design = "shared", arm = d$arm, outcomes = list(trust = d$trust),
      predictions = lapply(c("gpt_control", "gpt_letter"), values), ...
    )
    answer_of("/v1/calibrations", list(data = data, plan = list(control = "control")), "by_hand", rectifier_url(), rectifier_key(), 60)
  }
  ask <- function(...) calibrate(d, trust ~ arm, twins("gpt"), ...)
  same_answer(ask(weight = "w", cluster = "school"), by_hand(weight = d$w, cluster = d$school))
  same_answer(ask(stratum = "rural", unit = "id"), by_hand(stratum = as.character(d$rural), unit = d$id))
  same_answer(ask(sampling_probability = "p"), by_hand(sampling_probability = d$p))
})

test_that("a report is of the same request", {
  needs("RECTIFIER_URL")
  fit <- calibrate(letters_study(), trust ~ arm, twins("gpt"), plan = exchangeable)
  file <- file.path(tempdir(), c("estimates.csv", "report.html", "forest.svg"))
  for (each in file) expect_identical(rectifier_report(fit, each), each)
  expect_equal(utils::read.csv(file[1])$estimate, unname(coef(fit)), tolerance = 1e-14)
  expect_match(paste(readLines(file[2]), collapse = "\n"), fit$passport$request_digest, fixed = TRUE)
  expect_match(readLines(file[3], 5), "<svg", fixed = TRUE, all = FALSE)
  expect_identical(code_of(rectifier_report(fit, "report.docx")), "unsupported_type")
  expect_identical(code_of(rectifier_report(list(), "report.html")), "not_an_answer")
})

test_that("long names, and the same warning twice, leave tables readable", {
  needs("RECTIFIER_URL")
  d <- letters_study()
  long <- strrep("a long name ", 8)
  d$arm[d$arm %in% "letter"] <- long
  d$again <- d$trust
  asked <- lapply(c("trust", "again"), function(name) prediction("gpt_letter", "gpt", long, outcome = name))
  said <- utils::capture.output(print(calibrate(d, cbind(trust, again) ~ arm, asked)))
  expect_lte(max(nchar(said[-1])), 80)
  twice <- rep(list(list(code = "few_humans", message = "few")), 2)
  expect_length(grep("few_humans", utils::capture.output(show_warnings(twice))), 1)
  grDevices::pdf(NULL)
  on.exit(grDevices::dev.off())
  expect_match(in_lines(long, 2, 1), "\n", fixed = TRUE)
})

test_that("text among numbers is told by row, however many rows there are", {
  needs("RECTIFIER_URL")
  d <- do.call(rbind, rep(list(letters_study()), 2))
  d$trust <- as.character(d$trust)
  d$trust[7] <- "k.A."
  expect_error(calibrate(d, trust ~ arm, twins("gpt")), "`trust`, row 7: .*na.strings")
})

test_that("humans alone are one plan, whatever rows there are besides", {
  needs("RECTIFIER_URL")
  alone <- calibrate(letters_study(), trust ~ arm, NULL, plan = list(estimator = "human_only"))
  expect_equal(unname(coef(alone)), 0.6)
  expect_output(print(alone), "120 humans (human only requested)", fixed = TRUE)
})

test_that("numbers are printed as people read them", {
  expect_identical(show_number(c(0.64123, 1.0421, 0, 12345.6, 9.99996, NA, 1e-9), 4), c("0.6412", "1.042", "0.000", "12346", "10.00", "", "1.000e-09"))
  expect_identical(show_amount(c(100000, 0.005, 999.986, NA)), c("100000", "0.005", "999.986", ""))
})

test_that("targets, shares and other media types", {
  needs("RECTIFIER_URL")
  d <- letters_study()
  ask <- function(target) calibrate(d, trust ~ arm + sex, twins("gpt"), plan = list(target = target))
  rows <- ask(list(covariates = data.frame(sex = factor(rep(c("f", "m"), c(40, 60))))))
  margins <- ask(list(margins = list(sex = c(f = 0.4, m = 0.6))))
  expect_equal(coef(rows), coef(margins), tolerance = 1e-6)
  d$level <- cut(d$trust, c(0, 3, 4, 7), c("low", "mid", "high"))
  d$guess <- cut(d$gpt_control, c(0, 3, 4, 9), c("low", "mid", "high"))
  shares <- calibrate(d, "level", "guess", plan = list(estimand = list(type = "proportions", categories = c("low", "mid", "high"))))
  expect_identical(names(coef(shares)), c("low", "mid", "high"))
  expect_equal(sum(coef(shares)), 1)
  body <- list(data = study_data(d, trust ~ arm, twins("gpt")))
  expect_match(rectifier_post("/v1/calibrations", body, headers = list(Accept = "text/csv")), "^name,outcome")
  expect_true(rectifier_post("/v1/calibrations", body, query = list(validate_only = "true"))$valid)
})

test_that("columns of predictions without arms are told how to have them", {
  needs("RECTIFIER_URL")
  expect_error(calibrate(letters_study(), trust ~ arm, c(gpt = "gpt_control", small = "gpt_letter")), "`arm`, rows 121.*prediction\\(")
})

test_that("one-sided intervals, several outcomes and coefficients have names and ends", {
  needs("RECTIFIER_URL")
  d <- letters_study()
  d$again <- d$trust + round(d$age / 40)
  two <- calibrate(d, c("trust", "again"), list(prediction("gpt_control", "gpt", outcome = "trust"), prediction("gpt_letter", "gpt", outcome = "again")), plan = list(alternative = "greater"))
  expect_identical(names(coef(two)), c("trust", "again"))
  expect_identical(unname(confint(two)[, 2]), c(Inf, Inf))
  expect_identical(tidy(two)[["conf.high"]], c(Inf, Inf))
  expect_true(all(is.finite(tidy(two)[["conf.low"]])))
  expect_identical(colnames(confint(two)), c("5 %", "100 %"))
  same <- calibrate(d, trust ~ arm, twins("gpt"), plan = list(alternative = "equivalence", margin = 1))
  expect_identical(colnames(confint(same)), c("5 %", "95 %"))
  expect_identical(glance(same)$conf.level, 0.9)
  expect_output(print(same), "90% intervals", fixed = TRUE)
  worse <- calibrate(d, trust ~ arm, twins("gpt"), plan = list(alternative = "non_inferiority", margin = 1))
  expect_identical(colnames(confint(worse)), c("5 %", "100 %"))
  expect_output(print(two), "Inf")
  expect_false(any(grepl("p adjusted", utils::capture.output(print(two)))))
  holm <- calibrate(d, trust ~ arm, twins("gpt"), subgroup = "sex", plan = list(multiplicity = "holm"))
  expect_output(print(holm), "p adjusted")
  slopes <- calibrate(d, trust ~ arm + age, twins("gpt"), plan = list(estimand = list(type = "linear", terms = "age", treatment = TRUE)))
  expect_identical(names(coef(slopes)), c("intercept", "age", "arm=letter"))
  expect_identical(tidy(slopes)$term, names(coef(slopes)))
})
