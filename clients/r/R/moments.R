# Counts, means and covariances in place of rows

moments_of <- function(data, roles, plan, arms) {
  refuse_without_rows(roles)
  outcome <- doubles_of(data, roles$outcome, "outcome")
  predicted <- vapply(roles$predictions, function(p) doubles_of(data, p$column, "predictions"), numeric(nrow(data)))
  predicted <- matrix(predicted, nrow = nrow(data))
  refuse_missing(predicted, roles$predictions)
  human <- humans_of(data, roles)
  kept <- !(human & is.na(outcome))
  if (any(!kept) && !identical(plan$missing, "drop_unit")) {
    refuse("missing_human_answer", paste0("`", roles$outcome, "` is missing for a person in ", rows_of(!kept)), "plan = list(missing = \"drop_unit\") leaves them out", roles$outcome)
  }
  arm <- if (is.null(roles$arm)) rep("all", nrow(data)) else labels_of(data, roles$arm, "arm")
  shared <- identical(roles$prediction_design, "shared")
  if (shared && !is.null(roles$arm)) refuse_armed(!human & !is.na(arm), roles$arm)
  if (!is.null(roles$unit) && anyDuplicated(data[[roles$unit]])) {
    refuse("duplicate_unit", paste0("`", roles$unit, "` has a unit twice"), "one row per unit", roles$unit)
  }
  made <- list(
    layout = "moments", prediction_design = roles$prediction_design,
    predictions = lapply(roles$predictions, function(p) Filter(Negate(is.null), list(model = p$model, arm = if (!is.null(p$arm)) as_labels(p$arm)))),
    arms = human_entries(cbind(outcome, predicted), arm, human & kept, arms),
    llm_only = llm_only_entries(predicted, if (shared || is.null(roles$arm)) NULL else arm, !human)
  )
  structure(made[!vapply(made, is.null, NA)], moments_of = list(outcome = roles$outcome, warnings = left_out(roles$outcome, sum(!kept), sum(!human & !is.na(outcome)))))
}

# What the service says of rows that it leaves out, which it cannot see in moments
left_out <- function(outcome, dropped, ignored) {
  pointer <- paste0("/data/outcomes/", escaped(outcome))
  said <- list(
    if (dropped) c("missing_human_dropped", paste0(dropped, " units without a human answer were left out; the answer assumes they are missing at random")),
    if (ignored) c("human_answer_ignored", paste0(ignored, " outcomes of units that human marks false were not used; those units count as LLM-only"))
  )
  lapply(Filter(Negate(is.null), said), function(text) list(code = text[1], message = text[2], pointer = pointer))
}

# An answer to moments as one to rows: the wire has no name of their outcome, and the service calls it y
as_sent <- function(answer, moments_of) {
  if (is.null(moments_of)) return(answer)
  answer <- renamed(answer, moments_of$outcome)
  answer$warnings <- c(moments_of$warnings, answer$warnings)
  answer
}

renamed <- function(x, outcome) {
  if (!is.list(x)) return(x)
  x[] <- lapply(x, renamed, outcome)
  if (identical(x$outcome, "y")) x$outcome <- outcome
  if (is.character(x$report)) x$report <- gsub(" for outcome y ", paste0(" for outcome ", outcome, " "), x$report, fixed = TRUE)
  x
}

refuse_without_rows <- function(roles) {
  hint <- "send rows (moments = FALSE), or leave it out"
  for (name in c("covariates", "weight", "cluster", "stratum", "subgroup", "sampling_probability")) {
    if (length(roles[[name]])) refuse("unsupported_combination", paste0("moments have no place for `", name, "`"), hint)
  }
  if (length(roles$outcome) != 1L) refuse("unsupported_combination", "moments are of one outcome", "ask once for each outcome, or send rows")
  extra <- c("category", "draw", "fill", "population_mean", "covariate")
  for (p in roles$predictions) {
    given <- extra[!vapply(unclass(p)[extra], is.null, NA)]
    if (length(given)) refuse("unsupported_combination", paste0("moments have no place for `", given[1], "` of a prediction"), hint, p$column)
  }
}

refuse_missing <- function(predicted, predictions) {
  for (j in seq_along(predictions)) {
    gone <- is.na(predicted[, j])
    if (!any(gone)) next
    name <- predictions[[j]]$column
    refuse("missing_prediction", paste0("`", name, "` is missing in ", rows_of(gone)), "moments cannot say who refused: send rows, or leave these units out", name)
  }
}

human_entries <- function(values, arm, human, arms) {
  names <- intersect(c(arms, "all"), arm[human])
  if (anyNA(arm[human])) refuse("missing_arm", "a person with an answer has no arm", "every human row needs its arm")
  lapply(names, function(name) c(list(name = name), entry(values[human & arm %in% name, , drop = FALSE], paste0("arm ", name))))
}

llm_only_entries <- function(predicted, arm, only) {
  if (!any(only) || !ncol(predicted)) return(NULL)
  if (is.null(arm)) return(list(c(list(arm = NULL), entry(predicted[only, , drop = FALSE], "LLM-only units"))))
  if (anyNA(arm[only])) refuse("llm_only_arm", "an LLM-only row has no arm", "without predictions by arm every LLM-only row needs its arm")
  names <- unique(arm[only])
  lapply(names, function(name) c(list(arm = name), entry(predicted[only & arm %in% name, , drop = FALSE], paste0("LLM-only units of ", name))))
}

entry <- function(values, whose) {
  n <- nrow(values)
  if (n < 2L) refuse("too_few_humans", paste0(whose, ": one row has no covariance"), "two rows at least, and more: few rows can be told from their moments")
  centred <- sweep(values, 2, colMeans(values))
  list(n = n, mean = as_array(unname(colMeans(values))), covariance = unname(crossprod(centred)) / (n - 1))
}
