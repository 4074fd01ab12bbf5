#' @export
diagnose <- function(data, outcome, predictions, arm = NULL, covariates = NULL, weight = NULL, cluster = NULL,
                     stratum = NULL, subgroup = NULL, unit = NULL, human = NULL, sampling_probability = NULL, ...,
                     prediction_design = NULL, checks = NULL, settings = list(), moments = FALSE, url = rectifier_url(),
                     key = rectifier_key(), models = NULL, timeout = 60) {
  refuse_unknown(...)
  plan <- list(control = NULL, missing = "drop_unit") # as the service has it: people without an answer are left out, no control is named
  study <- study_data(
    data, outcome, predictions, arm, covariates, weight, cluster, stratum, subgroup, unit, human, sampling_probability,
    prediction_design = prediction_design, plan = plan, moments = moments
  )
  body <- given(data = wire(study), checks = boxed(checks, "checks"), settings = if (length(settings)) boxed(settings), models = models)
  answer_of("/v1/diagnostics", body, "rectifier_diagnosis", url, key, timeout, study = study)
}
