#' @export
track_record <- function(studies, new, confidence_level = NULL, error_split = NULL, covariance = NULL, models = NULL,
                         url = rectifier_url(), key = rectifier_key(), timeout = 60) {
  body <- given(
    studies = if (is.data.frame(studies)) study_rows(studies) else studies, new = new_study(new),
    confidence_level = confidence_level, error_split = error_split, covariance = covariance, models = models
  )
  answer_of("/v1/track-records", body, "rectifier_track_record", url, key, timeout)
}

# One row per past effect: name, human_estimate, human_standard_error, llm_estimate, llm_standard_error
study_rows <- function(studies) {
  if (!nrow(studies)) refuse("no_rows", "`studies` has no rows", "one row per past effect")
  values <- effect_columns(studies, c("human", "llm"), "studies")
  names <- labels_of(studies, "name", "studies")
  lapply(seq_len(nrow(studies)), function(i) list(name = names[i], human = values$human[[i]], llm = values$llm[[i]]))
}

effect_columns <- function(data, whose, argument) {
  lapply(stats::setNames(whose, whose), function(who) {
    columns <- paste0(who, c("_estimate", "_standard_error"))
    read <- lapply(columns, function(name) {
      column_of(data, name, "number", argument)
      as.double(plain(data[[name]], "number", name))
    })
    lapply(seq_len(nrow(data)), function(i) list(estimate = read[[1]][i], standard_error = read[[2]][i]))
  })
}

labels_of <- function(data, name, argument) {
  column_of(data, name, "label", argument)
  as_labels(plain(data[[name]], "label", name))
}

# list(name = , estimate = , standard_error = ), or as on the wire
new_study <- function(new) {
  new <- as.list(new)
  if (!is.null(new$llm)) return(new)
  llm <- list(estimate = number_of(new$estimate), standard_error = number_of(new$standard_error))
  list(name = if (is.null(new$name)) "new" else as_labels(new$name), llm = llm)
}

number_of <- function(x) if (is.character(x)) as.numeric(x) else x
