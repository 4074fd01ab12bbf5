# LLMR results (R) and people's answers to a calibrated effect.
#   Rscript examples/recipes/from_llmr.R llmr.csv people.csv
# `results` is the tibble of call_llm_par(build_factorial_experiments(configs, user_prompts, system_prompts, repetitions,
# config_labels, user_prompt_labels, system_prompt_labels)): the user prompts are the conditions, the system prompts the
# personas, and all are crossed. write.csv(results[!sapply(results, is.list)], "llmr.csv", row.names = FALSE) writes its plain
# columns. Needs httr2 and jsonlite; LLMR need not be installed.

# The data of a request: a prediction column per model, condition and repetition; a failed call or a reply without a number
# is NA, a missing answer.
llmr_table <- function(results, people) {
  reply <- trimws(ifelse(results$success, results$response_text, NA))
  results$value <- as.numeric(ifelse(grepl("^-?[0-9]+([.][0-9]+)?$", reply), reply, NA))
  unknown <- setdiff(people$id, results$system_prompt_label)
  if (length(unknown)) stop("no system_prompt_label is ", toString(unknown), call. = FALSE)
  if (anyDuplicated(people$id)) stop("an id stands twice among the people: keep one row of each", call. = FALSE)
  asked <- c("system_prompt_label", "user_prompt_label", "repetition", "config_label")
  if (anyDuplicated(results[asked])) stop("a call stands twice: ", toString(asked), " must tell calls apart", call. = FALSE)
  units <- c(people$id, setdiff(sort(unique(results$system_prompt_label)), people$id))
  row <- match(units, people$id)
  columns <- split(results, list(results$user_prompt_label, results$repetition, results$config_label), drop = TRUE)
  list(
    layout = "table", prediction_design = "shared",
    arm = people$arm[row], outcomes = list(trust = people$trust[row]),
    predictions = lapply(unname(columns), function(asked) list(
      model = asked$config_label[1], arm = asked$user_prompt_label[1], draw = asked$repetition[1] - 1,
      values = asked$value[match(units, asked$system_prompt_label)]
    ))
  )
}

calibrate <- function(data) {
  body <- list(plan = list(identification = "exchangeability", control = "control"), data = data)
  httr2::request(paste0(Sys.getenv("RECTIFIER_URL", "http://localhost:8000"), "/v1/calibrations")) |>
    httr2::req_headers(`X-API-Key` = Sys.getenv("RECTIFIER_KEY")) |>
    httr2::req_body_raw(jsonlite::toJSON(body, auto_unbox = TRUE, na = "null", digits = NA), "application/json") |>
    httr2::req_error(body = function(reply) {
      problem <- httr2::resp_body_json(reply, check_type = FALSE)
      c(problem$detail, vapply(problem$errors, function(e) paste0(e$pointer, ": ", e$detail, " ", e$hint), ""))
    }) |>
    httr2::req_perform() |>
    httr2::resp_body_json()
}

files <- commandArgs(trailingOnly = TRUE)
results <- read.csv(files[1], colClasses = c(system_prompt_label = "character", user_prompt_label = "character"))
data <- llmr_table(results, read.csv(files[2], colClasses = c(id = "character", arm = "character")))
for (asked in data$predictions) {
  cat(sprintf("%s as %s: %d of %d answered\n", asked$model, asked$arm, sum(!is.na(asked$values)), length(asked$values)))
}
summary <- calibrate(data)$summary
cat(sprintf("calibrated %.3f, 95%% interval %.3f to %.3f\n", summary$estimate, summary$lower, summary$upper))
cat(sprintf("humans only %.3f, %s, %s\n", summary$human_only_estimate, summary$verdict, summary$claim))
