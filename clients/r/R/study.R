# A data frame as the `data` of a request

#' @export
study_data <- function(data, outcome, predictions = NULL, arm = NULL, covariates = NULL, weight = NULL, cluster = NULL,
                       stratum = NULL, subgroup = NULL, unit = NULL, human = NULL, sampling_probability = NULL, ...,
                       prediction_design = NULL, plan = list(), moments = FALSE) {
  refuse_unknown(...)
  roles <- roles_of(data, outcome, arm, covariates)
  roles <- c(roles, list(
    predictions = predictions_of(predictions), weight = weight, cluster = cluster, stratum = stratum, subgroup = subgroup,
    unit = unit, human = human, sampling_probability = sampling_probability
  ))
  roles$prediction_design <- design_of_predictions(data, roles, prediction_design)
  refuse_no_plan(plan)
  refuse_unanswered(data, roles$outcome)
  arms <- arms_in_order(data, roles$arm, humans_of(data, roles))
  roles$rows <- if (!moments) rows_ahead(data, roles, arms, control_in(plan, arms))
  ordered <- if (!moments) by_levels(data, roles, plan)
  made <- if (moments) moments_of(data, roles, plan, arms) else table_of(ordered$data, ordered$roles)
  structure(made, class = "rectifier_data", control = if (length(arms)) arms[1], arms = arms, estimand = ordered$estimand)
}

refuse_unknown <- function(...) {
  given <- list(...)
  if (!length(given)) return(invisible())
  name <- if (is.null(names(given))) "" else names(given)[1]
  text <- if (nzchar(name)) paste0("there is no argument `", name, "`") else "an argument has no name"
  refuse("unknown_argument", text, "see the help page; what the service is asked stands in plan = list(...)")
}

refuse_unanswered <- function(data, outcome) {
  for (name in outcome) {
    column_of(data, name, "answer", "outcome")
    if (!all(is.na(plain(data[[name]], "answer", name)))) next
    refuse("no_answers", paste0("`", name, "` has no answer: it is missing in every row"), "outcome = names the column with the answers of people; was it read, merged and filled as it should be?", name)
  }
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
  told_once(list(outcome = outcome, arm = arm, covariates = covariates))
}

told_once <- function(roles) {
  twice <- roles$outcome[duplicated(roles$outcome)]
  if (length(twice)) refuse("duplicate_outcome", paste0("`", twice[1], "` stands twice among the outcomes"), "name it once", twice[1])
  right <- c(roles$arm, roles$covariates)
  twice <- right[duplicated(right)]
  if (length(twice)) refuse("duplicate_term", paste0("`", twice[1], "` stands twice among the arm and the covariates"), "name it once; in trust ~ arm + age the first term is the arm, further ones are covariates", twice[1])
  both <- intersect(roles$outcome, right)
  if (length(both)) refuse("duplicate_term", paste0("`", both[1], "` is both an outcome and an arm or covariate"), "name it on one side", both[1])
  roles
}

roles_of_formula <- function(formula, arm, covariates) {
  if (length(formula) != 3L) refuse("formula", "the formula needs an outcome on its left", "trust ~ arm, or trust ~ 1")
  left <- formula[[2]]
  outcome <- if (is.call(left) && identical(left[[1]], as.name("cbind"))) as.list(left)[-1] else list(left)
  right <- summands(formula[[3]])
  right <- right[!vapply(right, identical, NA, 1)]
  if (!all(vapply(c(outcome, right), function(x) is.name(x) && x != as.name("."), NA))) {
    refuse("formula", "a formula names columns only", "trust ~ arm + age; make transformed columns in the data frame, and name interactions in plan$estimand")
  }
  right <- unique(vapply(right, as.character, "")) # as lm() takes terms that stand twice
  if (length(right) && is.null(arm)) {
    arm <- right[1]
    right <- right[-1]
  }
  told_once(list(outcome = vapply(outcome, as.character, ""), arm = arm, covariates = unique(c(covariates, setdiff(right, arm)))))
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

# The arms that people were in, as lm() orders them whatever the order of rows: a factor's levels, FALSE before TRUE, numbers and
# codes by size, text as factor() sorts it in the session's locale. The first is the reference.
arms_in_order <- function(data, arm, human = TRUE) {
  if (is.null(arm)) return(NULL)
  labels <- labels_of(data, arm, "arm")
  used <- which(human & !is.na(labels))
  x <- data[[arm]][used]
  code <- if (inherits(x, "haven_labelled")) as.vector(unclass(x)) else if (is.character(x)) factor(labels[used]) else if (is.factor(x)) x else plain(x, "label", arm)
  unique(labels[used[order(as.numeric(code))]])
}

control_of <- function(data, arm, human = TRUE) {
  arms <- arms_in_order(data, arm, human)
  if (length(arms)) arms[1]
}

# The rows as they are sent where that is not as they stand: the service has arms in the order of their first rows, the control first
rows_ahead <- function(data, roles, arms, control) {
  if (length(arms) < 2L) return(NULL)
  labels <- labels_of(data, roles$arm, "arm")
  if (identical(roles$prediction_design, "shared")) labels[!humans_of(data, roles)] <- NA
  wanted <- c(control, setdiff(arms, control))
  seen <- c(control, setdiff(labels[!is.na(labels)], control))
  if (!identical(intersect(seen, wanted), wanted)) unique(c(match(wanted, labels), seq_along(labels)))
}

table_of <- function(data, roles) {
  column <- function(name, role, argument = role) if (is.null(name)) NULL else column_of(data, name, role, argument, roles$rows)
  columns <- function(names, argument) {
    stats::setNames(lapply(names, function(name) column(name, "answer", argument)), names)
  }
  made <- list(
    layout = "table", prediction_design = roles$prediction_design, arm = column(roles$arm, "label", "arm"),
    outcomes = columns(roles$outcome, "outcome"), predictions = lapply(roles$predictions, function(p) prediction_column(data, p, roles$rows)),
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

# Under shared predictions an LLM-only row has no arm; one that `human` does not call so may be a person who did not answer
arms_of_humans <- function(data, roles) {
  arm <- plain(data[[roles$arm]], "label", roles$arm)
  human <- humans_of(data, roles)
  if (is.null(roles$human)) refuse_armed(!human & !is.na(arm), roles$arm)
  arm[!human] <- NA
  wire_column(arm, "label", roles$arm, roles$rows)
}

refuse_armed <- function(rows, arm) {
  if (!any(rows)) return(invisible())
  refuse("llm_only_arm", paste0("LLM-only rows have an arm in ", rows_of(rows)), "with answers by arm they have none (NA); of people who did not answer, human = names the column that says who was asked", arm)
}

humans_of <- function(data, roles) {
  if (!is.null(roles$human)) return(as.logical(column_of(data, roles$human, "flag", "human")))
  Reduce(`|`, lapply(roles$outcome, function(name) !is.na(plain(data[[name]], "answer", name))))
}

prediction_column <- function(data, p, rows = NULL) {
  fields <- Filter(Negate(is.null), unclass(p)[c("model", "outcome", "arm", "category", "draw", "fill", "population_mean", "covariate")])
  if (!is.null(fields$arm)) fields$arm <- as_labels(fields$arm)
  c(fields, list(values = column_of(data, p$column, "answer", "predictions", rows)))
}

# Pointers of the wire and the columns they stand for, with the rows as they are sent
places_of <- function(roles, prefix = "/data") {
  single <- unlist(roles[intersect(c("arm", "weight", "cluster", "stratum", "subgroup", "sampling_probability", "unit", "human"), names(roles))])
  predicted <- vapply(roles$predictions, function(p) p$column, "")
  order <- seq_along(predicted) - 1L
  term <- ifelse(roles$covariates %in% names(roles$term_of), roles$term_of[roles$covariates], roles$covariates)
  columns <- c(single, roles$outcome, term, predicted, predicted)
  pointers <- c(
    sprintf("/%s", names(single)), sprintf("/outcomes/%s", escaped(roles$outcome)), sprintf("/covariates/%s", escaped(as.character(roles$covariates))),
    sprintf("/predictions/%d/values", order), sprintf("/predictions/%d", order)
  )
  structure(as.list(unname(columns)), names = paste0(prefix, pointers), rows = roles$rows)
}

escaped <- function(x) gsub("/", "~1", gsub("~", "~0", x, fixed = TRUE), fixed = TRUE)

#' @export
print.rectifier_data <- function(x, ...) {
  size <- if (x$layout == "table") paste0(" of ", length(x$predictions), " prediction columns") else paste0(" of ", length(x$arms), " arms, no rows")
  cat("<rectifier_data> layout ", x$layout, size, ", ", nchar(encode(x)), " bytes of JSON\n", sep = "")
  invisible(x)
}
