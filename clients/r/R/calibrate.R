#' @export
calibrate <- function(data, outcome, predictions, arm = NULL, covariates = NULL, weight = NULL, cluster = NULL,
                      stratum = NULL, subgroup = NULL, unit = NULL, human = NULL, sampling_probability = NULL, ...,
                      prediction_design = NULL, plan = list(), moments = FALSE, url = rectifier_url(),
                      key = rectifier_key(), models = NULL, timeout = 60) {
  refuse_unknown(...)
  study <- study_data(
    data, outcome, predictions, arm, covariates, weight, cluster, stratum, subgroup, unit, human, sampling_probability,
    prediction_design = prediction_design, plan = plan, moments = moments
  )
  refuse_no_reference(plan, attr(study, "arms"))
  body <- given(data = wire(study), plan = plan_of(plan, study), models = models)
  answer_of("/v1/calibrations", body, "rectifier_calibration", url, key, timeout, study = study, reference = control_in(plan, attr(study, "arms")))
}

# Without what only R knows of it
wire <- function(study) {
  fields <- names(study)
  stats::setNames(lapply(fields, function(name) unclass(study)[[name]]), fields)
}
