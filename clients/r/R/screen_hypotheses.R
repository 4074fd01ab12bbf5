#' @export
screen_hypotheses <- function(hypotheses, multiplicity = NULL, error_rate = NULL, calibration = NULL, weighting = NULL,
                              `next` = NULL, seed = NULL, models = NULL, url = rectifier_url(), key = rectifier_key(),
                              timeout = 60) {
  body <- given(
    hypotheses = if (is.data.frame(hypotheses)) hypothesis_rows(hypotheses) else hypotheses, multiplicity = multiplicity,
    error_rate = error_rate, calibration = as_fields(calibration), weighting = as_fields(weighting), `next` = as_fields(`next`),
    seed = seed, models = models
  )
  answer_of("/v1/screenings", body, "rectifier_screening", url, key, timeout)
}

as_fields <- function(x) if (is.null(x)) NULL else as.list(x)

# name, llm_estimate, llm_standard_error, and human_p_value or human_estimate with human_standard_error; NA: not yet run
hypothesis_rows <- function(data) {
  if (!nrow(data)) refuse("no_rows", "`hypotheses` has no rows", "one row per hypothesis")
  refuse_near_names(setdiff(names(data), HYPOTHESIS_COLUMNS))
  names <- labels_of(data, "name", "hypotheses")
  llm <- effect_columns(data, "llm", "hypotheses")$llm
  human <- human_results(data)
  lapply(seq_len(nrow(data)), function(i) c(list(name = names[i], llm = llm[[i]]), given(human = human[[i]])))
}

HYPOTHESIS_COLUMNS <- c("name", "llm_estimate", "llm_standard_error", "human_p_value", "human_estimate", "human_standard_error")

# A result under another name would be a hypothesis not yet run
refuse_near_names <- function(unknown) {
  near <- grep("p[._ ]?val|^p$|^(human|llm)|estimate|std|standard", unknown, ignore.case = TRUE, value = TRUE)
  if (!length(near)) return(invisible())
  refuse("no_such_column", paste0("`hypotheses` has a column `", near[1], "`, which is not read"), paste0("rename or remove it; read are ", paste(HYPOTHESIS_COLUMNS, collapse = ", ")), near[1])
}

refuse_two_results <- function(p, estimate) {
  both <- length(estimate) & !is.na(p) & !is.na(estimate[seq_along(p)])
  if (!any(both)) return(invisible())
  refuse("bad_human_result", paste0("`human_p_value` and `human_estimate` are both given in ", rows_of(both)), "set one of them to NA: a p-value of your own test, or an effect that the service tests", "human_p_value")
}

human_results <- function(data) {
  effects <- "human_estimate" %in% names(data)
  p <- if ("human_p_value" %in% names(data)) doubles_of(data, "human_p_value", "hypotheses") else rep(NA_real_, nrow(data))
  effect <- if (effects) effect_columns(data, "human", "hypotheses")$human
  refuse_two_results(p, numbers(effect, "estimate"))
  lapply(seq_len(nrow(data)), function(i) {
    if (!is.na(p[i])) list(p_value = p[i]) else if (effects && !is.na(effect[[i]]$estimate)) effect[[i]]
  })
}
