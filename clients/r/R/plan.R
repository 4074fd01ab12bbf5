# Plans as R users write them, in the shapes of the wire

ALWAYS_LISTS <- c("terms", "attributes", "categories", "interactions", "arms", "checks", "negative_controls", "questions", "models", "done", "stop")

# Length-one vectors stay lists where the wire has a list
boxed <- function(x, name = "") {
  if (name == "contrasts") return(contrasts_of(x))
  if (name == "covariates" && is.data.frame(x)) return(x)
  if (is.list(x) && !is.data.frame(x)) {
    names <- if (is.null(names(x))) rep("", length(x)) else names(x)
    made <- Map(boxed, x, names)
    return(if (is.null(names(x))) unname(made) else made)
  }
  if (name %in% ALWAYS_LISTS && is.atomic(x) && !is.null(x) && is.null(names(x))) as_array(x) else x
}

# list(name = , weights = ) entries as on the wire, or list("b - a" = c(b = 1, a = -1))
contrasts_of <- function(x) {
  if (is.null(names(x))) return(x)
  if (all(c("name", "weights") %in% names(x))) return(list(x))
  unname(Map(function(name, weights) list(name = name, weights = as.list(weights)), names(x), x))
}

refuse_no_plan <- function(plan) {
  if (!is.list(plan)) refuse("not_a_plan", "`plan` must be a list", "plan = list(estimator = \"auto\", seed = 1)")
  if (length(plan) && is.null(names(plan))) refuse("not_a_plan", "the entries of `plan` need names", "plan = list(confidence_level = 0.9)")
}

# The service would take the first row's arm
refuse_no_reference <- function(plan, arms) {
  estimand <- if (is.list(plan$estimand)) plan$estimand$type else plan$estimand
  compared <- is.null(estimand) || identical(estimand, "mean_difference")
  if (!compared || length(arms) < 2L || !is.null(plan$contrasts) || !is.null(control_in(plan, arms))) return(invisible())
  hint <- paste0("leave `control` out (the reference is then \"", arms[1], "\") or name an arm; plan = list(estimand = \"mean\", control = NULL) is the mean of every arm")
  refuse("no_reference", "a mean difference needs a reference arm, and `control = NULL` names none", hint)
}

plan_of <- function(plan, data) {
  refuse_no_plan(plan)
  plan$control <- control_in(plan, attr(data, "arms"))
  if (!is.null(attr(data, "estimand"))) plan$estimand <- attr(data, "estimand")
  if (is.character(plan$estimand)) plan$estimand <- list(type = plan$estimand)
  if (length(plan)) boxed(plan) else NULL
}

# The arm that a plan names as the reference; list(control = NULL) names none
control_in <- function(plan, arms) {
  if ("control" %in% names(plan)) return(if (!is.null(plan$control)) as_labels(plan$control))
  if (is.null(plan$contrasts) && length(arms)) arms[1]
}

given <- function(...) {
  fields <- list(...)
  fields[!vapply(fields, is.null, NA)]
}
