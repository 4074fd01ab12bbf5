plotted <- function(x) {
  grDevices::pdf(NULL)
  on.exit(grDevices::dev.off())
  expect_invisible(plot(x))
}

test_that("designs come from assumptions and from pilots", {
  needs("RECTIFIER_URL")
  assumed <- design(basis = list(ppi_correlation = 0.5), costs = list(human = 5, llm = 0.02), budget = 1000)
  expect_identical(c(glance(assumed)$n.human, glance(assumed)$n.llm.only), c(193, 1557))
  expect_identical(sum(tidy(assumed)$n), 193 + 1557)
  pilot <- design(letters_study(), trust ~ arm, twins(), costs = list(human = 5, llm = c(gpt = 0.02, small = 0.001)), objective = c(standard_error = 0.1), plan = exchangeable)
  expect_lte(pilot$design$standard_error, 0.1)
  expect_gt(nrow(as.data.frame(pilot)), 5)
  expect_output(print(summary(pilot)), "To add to the pilot.*Frontier")
  plotted(pilot)
  ask <- function(...) design(letters_study(), trust ~ arm, twins("gpt"), costs = list(human = 5, llm = 0.001), budget = 500, ...)$design
  expect_gt(ask()$n_llm_only, 0)
  expect_identical(ask(plan = list(identification = "randomization"))$n_llm_only, 0L)
  expect_equal(ask(moments = TRUE)$standard_error, ask()$standard_error, tolerance = 1e-10)
  whom <- design(basis = list(kind = "predicted_errors", predicted_error = c(0.1, 0.5, 1, 1, 1, 0.2), outcome_sd = 1), costs = list(human = 5, llm = 0), budget = 15)
  expect_equal(sum(as.data.frame(whom)$sampling_probability), 3)
  expect_identical(objective_of(c(margin = 0.1), NULL), list(kind = "equivalence", margin = 0.1))
  expect_identical(code_of(objective_of(c(standard_error = 0.1), 1000)), "two_objectives")
  expect_identical(code_of(design(costs = list(human = 5, llm = 0), budget = 1)), "no_basis")
  beside <- function(...) code_of(design(basis = list(ppi_correlation = 0.5), costs = list(human = 5, llm = 0), budget = 1, ...))
  expect_identical(beside(plan = list(confidence_level = 0.5)), "unsupported_combination")
  expect_identical(beside(outcome = "trust"), "unsupported_combination")
  expect_identical(code_of(design(basis = list(ppi_correlation = 0.5), costs = list(human = 5, llm = 0))), "no_objective")
})

test_that("a pilot's refusal names the column", {
  needs("RECTIFIER_URL")
  d <- letters_study()
  d$arm[2] <- NA
  refusal <- tryCatch(design(d, trust ~ arm, twins(), costs = list(human = 5, llm = 0.02), budget = 100), rectifier_problem = identity)
  expect_identical(refusal$errors$column, "arm")
  expect_identical(refusal$errors$row, 2L)
})

test_that("a card has a row per check and per measure", {
  needs("RECTIFIER_URL")
  card <- diagnose(letters_study(), trust ~ arm, twins(), checks = "fidelity_individual")
  expect_identical(unique(tidy(card)$check), "fidelity_individual")
  expect_identical(nrow(as.data.frame(card)), length(card$checks))
  expect_output(print(card), "May these LLM answers be relied on")
  expect_output(print(summary(card)), "fidelity_individual \\(trust, gpt, letter\\): pass")
  plotted(card)
  moments <- diagnose(letters_study(), trust ~ arm, twins(), moments = TRUE)
  expect_true("exchangeability" %in% tidy(moments)$check)
})

test_that("the signs of a card are against R's reference arm, whichever row is first", {
  needs("RECTIFIER_URL")
  d <- letters_study()
  d$birth <- ifelse(is.na(d$trust), NA, d$age)
  asked <- unlist(lapply(c("trust", "birth"), function(name) lapply(c("control", "letter"), function(arm) prediction(paste0("gpt_", arm), "gpt", arm, name))), recursive = FALSE)
  card <- function(d) diagnose(d, cbind(trust, birth) ~ arm, asked, checks = "negative_controls", settings = list(negative_controls = "birth"))
  effect <- function(card) subset(as.data.frame(tidy(card)), measure == "effect" & is.na(model))
  expect_identical(d$arm[1], "letter")
  first <- card(d)
  expect_identical(effect(first)$arm, "letter")
  expect_equal(effect(first)$estimate, diff(tapply(d$birth, d$arm, mean, na.rm = TRUE))[[1]])
  turned <- card(transform(d, arm = factor(arm, c("letter", "control"))))
  expect_equal(effect(turned)$estimate, -effect(first)$estimate)
  expect_output(print(first), "Reference arm \"control\"", fixed = TRUE)
  expect_output(print(summary(turned)), "Reference arm \"letter\"", fixed = TRUE)
  expect_error(card(transform(d, arm = replace(arm, 2:3, NA))), "`arm`, rows 2, 3: ", fixed = TRUE)
})

test_that("the reference of coefficients is printed, and R's without a named one, too", {
  needs("RECTIFIER_URL")
  plan <- list(estimand = list(type = "linear", treatment = TRUE))
  fit <- calibrate(letters_study(), trust ~ arm, twins("gpt"), plan = plan)
  expect_output(print(fit), "reference arm \"control\"", fixed = TRUE)
  unnamed <- calibrate(letters_study(), trust ~ arm, twins("gpt"), plan = c(plan, list(control = NULL)))
  expect_equal(coef(unnamed), coef(fit), tolerance = 1e-12)
})

test_that("a track record is a data frame in and intervals out", {
  needs("RECTIFIER_URL")
  past <- data.frame(
    name = paste0("s", 1:6), human_estimate = c(.10, -.04, .22, .03, .15, -.08), human_standard_error = c(.05, .06, .05, .04, .07, .05),
    llm_estimate = c(.31, -.12, .55, .02, .40, .11), llm_standard_error = c(.01, .01, .02, .01, .02, .01)
  )
  record <- track_record(past, list(name = "message B", estimate = 0.25, standard_error = 0.01))
  expect_equal(tidy(record)$conf.low[2], -0.0731, tolerance = 1e-3)
  expect_identical(glance(record)$studies.needed, 57)
  expect_output(print(summary(record)), "needs 57 studies")
  plotted(record)
  new <- data.frame(name = "message B", llm_estimate = 0.25, llm_standard_error = 0.01)
  same_answer(track_record(past, new), record)
  expect_error(rectifier_report(record, "record.csv"), "write.csv(as.data.frame(x), file)", fixed = TRUE)
  grDevices::pdf(NULL)
  expect_invisible(plot(record, ylab = "what", ylim = c(-4, 0)))
  grDevices::dev.off()
  expect_identical(code_of(track_record(past, list(0.25, 0.01))), "no_such_column")
  expect_identical(code_of(track_record(past[0, ], list(estimate = 1, standard_error = 1))), "no_rows")
  expect_identical(code_of(track_record(past[-2], list(estimate = 1, standard_error = 1))), "no_such_column")
})

test_that("a screening takes p-values, effects and neither", {
  needs("RECTIFIER_URL")
  hypotheses <- data.frame(
    name = paste0("h", 1:4), llm_estimate = c(.5, .3, -.4, .05), llm_standard_error = .02,
    human_p_value = c(.004, NA, NA, NA), human_estimate = c(NA, .2, NA, NA), human_standard_error = c(NA, .14, NA, NA)
  )
  found <- screen_hypotheses(hypotheses, calibration = c(slope = .4, residual_sd = .15), `next` = list(budget = 1500, human_cost = 5, outcome_sd = 1, n_human_per_hypothesis = 200))
  expect_identical(tidy(found)$rejected, c(TRUE, FALSE, NA, NA))
  expect_identical(found$`next`[[1]]$name, "h3")
  expect_output(print(found), "Take to humans next")
  plotted(found)
  for (name in c("p_value", "p.value", "human_p")) {
    renamed <- stats::setNames(hypotheses, sub("human_p_value", name, names(hypotheses), fixed = TRUE))
    expect_error(screen_hypotheses(renamed), paste0("has a column `", name, "`, which is not read"), fixed = TRUE)
  }
  expect_setequal(tidy(screen_hypotheses(transform(hypotheses, note = "pilot")))$term, hypotheses$name)
  both <- transform(hypotheses, human_estimate = c(.4, .2, NA, NA), human_standard_error = .14)
  expect_error(screen_hypotheses(both), "`human_p_value` and `human_estimate` are both given in row 1", fixed = TRUE)
  expect_identical(code_of(screen_hypotheses(transform(hypotheses, human_p_value = c("<.001", NA, NA, NA)))), "not_numeric")
})

test_that("how far a run is stands in what has come of it", {
  file <- tempfile()
  expect_null(last_progress(file))
  writeLines(c("{\"type\":\"progress\",\"done\":1,\"total\":9,\"usd\":null}", "{\"type\":\"progress\",\"done\":3,\"total\":9,\"usd\":0.5}", "{\"type\":\"cell\",\"raw\":{\"te"), file)
  expect_identical(last_progress(file)$done, 3L)
  look <- progress_of(file)
  expect_message(expect_true(look()), "3 of 9, 0.5 US dollars")
  expect_silent(look()) # once a second
  expect_identical(vapply(records_in(file), `[[`, "", "type"), c("progress", "progress"))
  expect_identical(upstream_keys(c(openai = "a", local = "b")), "openai=a, local=b")
})

test_that("what people answered is told to nobody, and comes back", {
  people <- data.frame(pid = c("a", "b"), trust = c(3, NA), age = c(NA, 40))
  known <- people_of(people, "pid", NULL, NULL, c("trust", "vote"))
  expect_identical(encode(personas_of(known)), "[{\"unit_id\":\"a\",\"attributes\":{\"age\":null},\"human\":true},{\"unit_id\":\"b\",\"attributes\":{\"age\":40},\"human\":false}]")
  table <- list(unit = list("b", "a"), human = list(FALSE, TRUE), outcomes = list(trust = list(NULL, NULL)), predictions = list(list(model = "m", values = list(2, NULL))))
  made <- study_frame(table, known)
  expect_identical(made$frame, data.frame(unit = c("b", "a"), human = c(FALSE, TRUE), trust = c(NA, 3), m = c(2, NA), age = c(40, NA)))
})

test_that("columns of people that are called like those of the frame are kept", {
  people <- data.frame(pid = c("a", "b"), human = c("x", "y"), m = 1:2, persona_m = 3:4, age = 5:6)
  table <- list(unit = list("b", "a"), human = list(FALSE, FALSE), outcomes = list(trust = list(NULL, NULL)), predictions = list(list(model = "m", values = list(2, NULL))))
  expect_message(made <- study_frame(table, people_of(people, "pid", NULL, NULL, "trust")), "`persona_human`, `persona_m_1`", fixed = TRUE)
  expect_identical(names(made$frame), c("unit", "human", "trust", "m", "persona_human", "persona_m_1", "persona_m", "age"))
  expect_identical(made$frame$persona_human, c("y", "x"))
  expect_identical(made$frame$persona_m_1, 2:1)
})

test_that("options are labels, codes with labels, or labels with codes", {
  by_code <- item("vote", "choice", "Vote?", c(`0` = "No", `1` = "Yes"))
  expect_identical(item("vote", "choice", "Vote?", c(No = 0, Yes = 1))$options, by_code$options)
  expect_identical(by_code$options[[2]], list(code = "1", label = "Yes"))
})

test_that("people who cannot be asked are told before anybody is", {
  trust <- item("trust", "free_text", "Why?")
  people <- data.frame(age = 1:2, who = c(TRUE, FALSE), got = c("a", NA))
  ask <- function(people, ...) generate(people, trust, url = "http://127.0.0.1:9", ...)
  two <- c(a = "A", b = "B")
  expect_error(ask(people, arms = two, human = "who"), "`arm` is not given, but there are 2 arms", fixed = TRUE)
  expect_error(ask(people, arms = two, assignment = "assigned"), "every persona is asked under its own", fixed = TRUE)
  expect_identical(code_of(ask(people, arms = two)), "unreachable")
  expect_identical(code_of(ask(people, arms = two, human = "who", arm = "got")), "unreachable")
  expect_identical(code_of(ask(people, arms = two[1], human = "who")), "unreachable")
  expect_identical(code_of(ask(people, arms = two, human = "who", output = "cells")), "unreachable")
  expect_error(ask(stats::setNames(people, c("age", "who", "arm"))), "arm = \"arm\" if it holds the arm", fixed = TRUE)
  for (name in c(NA, "")) expect_error(ask(stats::setNames(people, c("age", name, "got"))), "column 2 of `personas` has no name", fixed = TRUE)
  expect_identical(code_of(ask(stats::setNames(people, c("age", "age", "got")))), "duplicate_column")
})

test_that("the gateway's answers are a frame to be filled and calibrated", {
  needs("RECTIFIER_URL")
  needs("RECTIFIER_GATEWAY_URL")
  set.seed(2)
  people <- data.frame(age = 20 + 1:60, job = factor(rep(c("nurse", "cook", "clerk"), 20)), who = rep(c(TRUE, FALSE), each = 30), got = c(rep(c("control", "letter"), 15), rep(NA, 30)))
  asked <- generate(
    people, item("trust", "likert", "How much do you trust the sender?", c("Not at all", "A little", "Mostly", "Completely")),
    arms = c(control = "A plain notice.", letter = "A warm letter."), template = c(system = "You are {age} and work as {job}.", user = "{arm}\n{item}"),
    arm = "got", human = "who"
  )
  expect_identical(nrow(asked$cells), 120L)
  expect_identical(names(asked$frame), c("unit", "human", "arm", "trust", "simulated_control", "simulated_letter", "age", "job"))
  expect_identical(asked$frame$age, people$age)
  expect_true(asked$end$complete)
  expect_output(print(asked), "calibrate(frame, \"trust\", predictions = $predictions, arm = \"arm\")", fixed = TRUE)
  frame <- asked$frame
  mine <- ifelse(frame$arm %in% "letter", frame$simulated_letter, frame$simulated_control)
  frame$trust[frame$human] <- (mine + rnorm(60, 0, 0.3))[frame$human]
  fit <- calibrate(frame, trust ~ arm, asked$predictions, human = "human", plan = exchangeable)
  expect_identical(fit$summary$verdict, "llm_used")
  expect_identical(code_of(generate(people, item("trust", "free_text", "Why?"), unit = "person")), "no_such_column")
  more <- function(done) generate(people, item("trust", "numeric", "Trust?", min = 1, max = 7), elicitation = "sample", output = "cells", resume = list(done = done))$cells
  first <- more(character())
  expect_identical(sort(more(first$cell_id[1])$cell_id), sort(first$cell_id[-1]))
  plan <- generate(people, item("trust", "numeric", "Trust?", min = 1, max = 7), elicitation = "sample", plan_only = TRUE)
  expect_identical(plan$cells, 60L)
  expect_identical(code_of(generate(people, item("trust", "likert", "Trust?", c("no", "yes")), models = "a", elicitation = "nonsense")), "unknown_value")
})
