# A data frame as the `data` of a request

#' @export
study_data <- function(data, outcome, predictions = NULL, arm = NULL, covariates = NULL, weight = NULL, cluster = NULL,
                       stratum = NULL, subgroup = NULL, unit = NULL, human = NULL, sampling_probability = NULL,
                       prediction_design = NULL, plan = list(), moments = FALSE) {
  roles <- roles_of(data, outcome, arm, covariates)
  roles <- c(roles, list(
    predictions = predictions_of(predictions), weight = weight, cluster = cluster, stratum = stratum, subgroup = subgroup,
    unit = unit, human = human, sampling_probability = sampling_probability
  ))
  roles$prediction_design <- design_of_predictions(data, roles, prediction_design)
  made <- if (moments) moments_of(data, roles, plan) else table_of(data, roles)
  structure(made, class = "rectifier_data", control = control_of(data, roles$arm, humans_of(data, roles)))
}

# What the function call says about columns: a formula or names
roles_of <- function(data, outcome, arm, covariates) {
  if (!is.data.frame(data)) {
    refuse("not_a_data_frame", paste0("`data` is a ", class(data)[1], ", not a data frame"), "as.data.frame() it")
  }
  if (!nrow(data)) refuse("no_rows", "`data` has no rows", "was everything filtered away?")
  if (inherits(outcome, "formula")) return(roles_of_formula(outcome, arm, covariates))
  if (!is.character(outcome) || !length(outcome) || anyNA(outcome)) {
    refuse("not_a_name", "`outcome` must be one or more column names, or a formula", "\"trust\", c(\"trust\", \"vote\"), or trust ~ arm")
  }
  list(outcome = outcome, arm = arm, covariates = covariates)
}

roles_of_formula <- function(formula, arm, covariates) {
  if (length(formula) != 3L) refuse("formula", "the formula needs an outcome on its left", "trust ~ arm, or trust ~ 1")
  left <- formula[[2]]
  outcome <- if (is.call(left) && identical(left[[1]], as.name("cbind"))) as.list(left)[-1] else list(left)
  right <- summands(formula[[3]])
  right <- right[!vapply(right, identical, NA, 1)]
  if (!all(vapply(c(outcome, right), function(x) is.name(x) && x != as.name("."), NA))) {
    refuse("formula", "a formula names columns only", "trust ~ arm + age; make transformed columns in the data frame, and interactions with plan")
  }
  right <- vapply(right, as.character, "")
  if (length(right) && is.null(arm)) {
    arm <- right[1]
    right <- right[-1]
  }
  list(outcome = vapply(outcome, as.character, ""), arm = arm, covariates = unique(c(covariates, right)))
}

summands <- function(x) {
  if (is.call(x) && identical(x[[1]], as.name("+")) && length(x) == 3L) c(summands(x[[2]]), summands(x[[3]])) else list(x)
}

# shared: predictions say under which arm they were made; independent: a row's prediction is for its own arm
design_of_predictions <- function(data, roles, given) {
  if (!is.null(given)) return(given)
  if (is.null(roles$arm)) return(NULL)
  by_arm <- vapply(roles$predictions, function(p) !is.null(p$arm), NA)
  if (any(by_arm) || !length(by_arm)) "shared" else "independent"
}

# The reference arm as R has it, whatever the order of rows: a factor's first level in use, FALSE, the smallest number or code,
# the first text in alphabetical order; of the arms that people were in
control_of <- function(data, arm, human = TRUE) {
  if (is.null(arm)) return(NULL)
  labels <- labels_of(data, arm, "arm")
  used <- which(human & !is.na(labels))
  x <- data[[arm]][used]
  code <- if (inherits(x, "haven_labelled")) as.vector(unclass(x)) else if (is.factor(x)) as.integer(x) else plain(x, "label", arm)
  if (length(used)) labels[used[order(code, method = "radix")[1]]]
}

table_of <- function(data, roles) {
  column <- function(name, role, argument = role) if (is.null(name)) NULL else column_of(data, name, role, argument)
  columns <- function(names, argument) {
    stats::setNames(lapply(names, function(name) column_of(data, name, "answer", argument)), names)
  }
  made <- list(
    layout = "table", prediction_design = roles$prediction_design, arm = column(roles$arm, "label", "arm"),
    outcomes = columns(roles$outcome, "outcome"), predictions = lapply(roles$predictions, function(p) prediction_column(data, p)),
    covariates = if (length(roles$covariates)) columns(roles$covariates, "covariates"),
    weight = column(roles$weight, "number", "weight"), cluster = column(roles$cluster, "group", "cluster"),
    stratum = column(roles$stratum, "group", "stratum"), subgroup = column(roles$subgroup, "group", "subgroup"),
    sampling_probability = column(roles$sampling_probability, "number", "sampling_probability"),
    unit = column(roles$unit, "unit"), human = column(roles$human, "flag", "human")
  )
  if (identical(made$prediction_design, "shared") && !is.null(made$arm)) made$arm <- arms_of_humans(data, roles)
  made <- made[!vapply(made, is.null, NA)]
  attr(made, "places") <- places_of(roles)
  made
}

# Under shared predictions an LLM-only row has no arm, whatever the data frame says of it
arms_of_humans <- function(data, roles) {
  arm <- plain(data[[roles$arm]], "label", roles$arm)
  arm[!humans_of(data, roles)] <- NA
  wire_column(arm, "label", roles$arm)
}

humans_of <- function(data, roles) {
  if (!is.null(roles$human)) return(as.logical(column_of(data, roles$human, "flag", "human")))
  Reduce(`|`, lapply(roles$outcome, function(name) !is.na(plain(data[[name]], "answer", name))))
}

prediction_column <- function(data, p) {
  fields <- Filter(Negate(is.null), unclass(p)[c("model", "outcome", "arm", "category", "draw", "fill", "population_mean", "covariate")])
  if (!is.null(fields$arm)) fields$arm <- as_labels(fields$arm)
  c(fields, list(values = column_of(data, p$column, "answer", "predictions")))
}

# Pointers of the wire and the columns they stand for
places_of <- function(roles, prefix = "/data") {
  escaped <- function(x) gsub("/", "~1", gsub("~", "~0", x, fixed = TRUE), fixed = TRUE)
  single <- unlist(roles[intersect(c("arm", "weight", "cluster", "stratum", "subgroup", "sampling_probability", "unit", "human"), names(roles))])
  predicted <- vapply(roles$predictions, function(p) p$column, "")
  order <- seq_along(predicted) - 1L
  columns <- c(single, roles$outcome, roles$covariates, predicted, predicted)
  pointers <- c(
    sprintf("/%s", names(single)), sprintf("/outcomes/%s", escaped(roles$outcome)), sprintf("/covariates/%s", escaped(as.character(roles$covariates))),
    sprintf("/predictions/%d/values", order), sprintf("/predictions/%d", order)
  )
  stats::setNames(as.list(unname(columns)), paste0(prefix, pointers))
}

#' @export
print.rectifier_data <- function(x, ...) {
  size <- if (x$layout == "table") paste0(" of ", length(x$predictions), " prediction columns") else paste0(" of ", length(x$arms), " arms, no rows")
  cat("<rectifier_data> layout ", x$layout, size, ", ", nchar(encode(x)), " bytes of JSON\n", sep = "")
  invisible(x)
}
