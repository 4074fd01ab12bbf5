#' @export
design <- function(data = NULL, outcome = NULL, predictions = NULL, arm = NULL, covariates = NULL, weight = NULL,
                   cluster = NULL, stratum = NULL, subgroup = NULL, unit = NULL, human = NULL,
                   sampling_probability = NULL, ..., prediction_design = NULL, plan = list(), moments = FALSE, basis = NULL,
                   costs = NULL, objective = NULL, budget = NULL, url = rectifier_url(), key = rectifier_key(), timeout = 60) {
  places <- list()
  study <- NULL
  if (!is.null(data)) {
    if (!is.null(basis)) refuse("two_bases", "`data` and `basis` are both given", "a pilot's data, or a basis of assumed quantities")
    study <- study_data(
      data, outcome, predictions, arm, covariates, weight, cluster, stratum, subgroup, unit, human, sampling_probability,
      prediction_design = prediction_design, plan = plan, moments = moments
    )
    refuse_no_reference(plan, attr(study, "arms"))
    places <- attr(study, "places")
    if (length(places)) names(places) <- paste0("/basis", names(places))
    if (!length(plan)) plan <- list(identification = "exchangeability") # the service's own default where a pilot has no plan
    basis <- given(kind = if (moments) "moments" else "pilot", data = wire(study), plan = plan_of(plan, study))
    prediction_design <- NULL
  } else if (is.null(basis)) {
    refuse("no_basis", "neither `data` (a pilot) nor `basis` is given", "basis = list(kind = \"assumed\", ppi_correlation = 0.5)")
  } else {
    refuse_beside_basis(given(
      outcome = outcome, predictions = predictions, arm = arm, covariates = covariates, weight = weight, cluster = cluster,
      stratum = stratum, subgroup = subgroup, unit = unit, human = human, sampling_probability = sampling_probability,
      plan = if (length(plan)) plan, moments = if (!identical(moments, FALSE)) moments
    ))
    if (is.null(basis$kind)) basis$kind <- if (is.null(basis$questions)) "assumed" else "questions"
    basis <- boxed(basis)
  }
  if (is.null(costs)) refuse("no_costs", "`costs` is not given: what one human answer and one LLM answer cost", "costs = list(human = 5, llm = 0.02)")
  rest <- given(costs = costs, objective = objective_of(objective, budget), prediction_design = prediction_design, ...)
  answer_of("/v1/designs", c(list(basis = basis), boxed(rest)), "rectifier_design", url, key, timeout, places, study)
}

refuse_beside_basis <- function(others) {
  if (!length(others)) return(invisible())
  refuse("unsupported_combination", paste0("`", names(others)[1], "` goes with `data`, and `basis` is given"), "a pilot's data with its plan, or a basis, which says all of itself")
}

objective_of <- function(objective, budget) {
  if (is.null(objective) && is.null(budget)) {
    refuse("no_objective", "neither `budget` nor `objective` is given", "budget = 1000, or objective = list(kind = \"standard_error\", standard_error = 0.05)")
  }
  if (is.null(objective)) return(list(kind = "budget", budget = budget))
  if (!is.null(budget)) refuse("two_objectives", "`objective` and `budget` are both given", "the best for a budget, or the least cost for an objective")
  if (is.character(objective) && length(objective) == 1L && is.null(names(objective))) return(list(kind = objective))
  if (is.null(names(objective))) refuse("no_objective", "`objective` needs names", "objective = c(standard_error = 0.05)")
  objective <- as.list(objective)
  kind <- if (names(objective)[1] == "margin") "equivalence" else names(objective)[1]
  if (is.null(objective$kind)) c(list(kind = kind), objective) else objective
}
