# Tests that need a service: RECTIFIER_URL (and RECTIFIER_GATEWAY_URL) name it; without one they are left out
needs <- function(variable) testthat::skip_if(!nzchar(Sys.getenv(variable)), paste("no service:", variable, "is not set"))

letters_study <- function() utils::read.csv(system.file("extdata", "letter.csv", package = "rectifier"))

twins <- function(models = c("gpt", "small")) {
  unlist(lapply(models, function(model) {
    lapply(c("control", "letter"), function(arm) prediction(paste0(model, "_", arm), model = model, arm = arm))
  }), recursive = FALSE)
}

exchangeable <- list(identification = "exchangeability")

code_of <- function(expr) tryCatch({
  force(expr)
  "no refusal"
}, rectifier_problem = function(p) p$code)

same_answer <- function(one, other) {
  bare <- function(x) {
    x <- jsonlite::parse_json(attr(x, "json"))
    x$request_digest <- x$passport$request_digest <- NULL
    x
  }
  expect_identical(bare(one), bare(other))
}
