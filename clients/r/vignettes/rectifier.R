## ----setup, include = FALSE---------------------------------------------------
library(rectifier)
served <- tryCatch(!is.null(rectifier_get("/livez")), error = function(e) FALSE)
knitr::opts_chunk$set(eval = served, collapse = TRUE, comment = "#>", fig.width = 7, fig.height = 4, dpi = 72)

## ---- include = !served, eval = !served, echo = FALSE, results = "asis"-------
#  cat("*No service answered when this page was made, so the results are left out. Start one (`rectifier serve`) and build it again.*")

## ---- eval = FALSE------------------------------------------------------------
#  Sys.setenv(RECTIFIER_URL = "https://rectifier.example.org", RECTIFIER_KEY = "...")

## ---- eval = TRUE-------------------------------------------------------------
study <- read.csv(system.file("extdata", "letter.csv", package = "rectifier"))
study[c(1, 2, 120, 121, 600), ]

## ---- eval = TRUE-------------------------------------------------------------
answers <- list(
  prediction("gpt_control", model = "gpt", arm = "control"),
  prediction("gpt_letter", model = "gpt", arm = "letter"),
  prediction("small_control", model = "small", arm = "control"),
  prediction("small_letter", model = "small", arm = "letter")
)

## -----------------------------------------------------------------------------
diagnose(study, trust ~ arm, answers, checks = c("exchangeability", "leakage", "fidelity_individual"))

## -----------------------------------------------------------------------------
fit <- calibrate(study, trust ~ arm, answers, plan = list(identification = "exchangeability"))
fit

## ----forest-------------------------------------------------------------------
plot(fit)

## -----------------------------------------------------------------------------
tidy(fit)[c("term", "estimate", "std.error", "conf.low", "conf.high", "p.value")]
confint(fit)
cat(strwrap(fit$report, 80), sep = "\n")

## -----------------------------------------------------------------------------
private <- calibrate(study, trust ~ arm, answers, plan = list(identification = "exchangeability"), moments = TRUE)
all.equal(coef(private), coef(fit))

## -----------------------------------------------------------------------------
plan <- design(study, trust ~ arm, answers,
  costs = list(human = 5, llm = c(gpt = 0.02, small = 0.001)), budget = 2000,
  plan = list(identification = "exchangeability")
)
plan

## ----frontier-----------------------------------------------------------------
plot(plan)

## ---- error = TRUE------------------------------------------------------------
study$trust[3] <- "NA"
calibrate(study, trust ~ arm, answers)

## -----------------------------------------------------------------------------
rectifier_explain("r_na_string")

