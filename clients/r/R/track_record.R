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
    read <- lapply(columns, function(name) doubles_of(data, name, argument))
    lapply(seq_len(nrow(data)), function(i) list(estimate = read[[1]][i], standard_error = read[[2]][i]))
  })
}

# list(name = , estimate = , standard_error = ), the names with llm_ as in `studies`, or as on the wire
new_study <- function(new) {
  new <- as.list(new)
  if (!is.null(new[["llm"]])) return(new)
  names(new) <- sub("^llm_", "", names(new))
  unknown <- setdiff(c("estimate", "standard_error"), names(new))
  if (length(unknown)) refuse("no_such_column", paste0("`new` has no `", unknown[1], "`"), "new = list(name = \"message B\", estimate = 0.25, standard_error = 0.01)")
  llm <- list(estimate = as.numeric(new$estimate), standard_error = as.numeric(new$standard_error))
  list(name = if (is.null(new$name)) "new" else as_labels(new$name), llm = llm)
}
