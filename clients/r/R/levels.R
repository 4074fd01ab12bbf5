# Levels in R's order, where the service would sort their names

MODELS <- c("linear", "logistic", "poisson", "multinomial", "conditional_logit")

# Levels of a factor in use, of text those of factor() in this session; NULL of anything else
levels_in <- function(x) {
  if (inherits(x, "haven_labelled") || !(is.factor(x) || is.character(x))) return(NULL)
  found <- levels(factor(x))
  found[nzchar(found)]
}

in_order <- function(levels) is.null(levels) || identical(levels, sort(levels, method = "radix"))

# The study with what R's order asks for: the first level of a term is its baseline, the first of an outcome its reference category.
# Terms of models become indicators of the other levels, as model.matrix() makes them, for only amce has baselines on the wire.
by_levels <- function(data, roles, plan) {
  asked <- estimand <- if (is.list(plan$estimand)) plan$estimand else list(type = plan$estimand)
  if (isTRUE(estimand$type %in% MODELS)) {
    terms <- terms_by_levels(data, roles, plan, estimand)
    data <- terms$data
    roles$covariates <- replaced(roles$covariates, terms$indicators)
    roles$term_of <- stats::setNames(rep(names(terms$indicators), lengths(terms$indicators)), unlist(terms$indicators))
    if (length(terms$indicators)) estimand$terms <- replaced(unlist(estimand$terms), terms$indicators)
  }
  if (identical(estimand$type, "amce")) estimand$baselines <- baselines_by_levels(data, estimand)
  if (isTRUE(estimand$type %in% c("proportions", "multinomial")) && is.null(estimand$categories)) estimand$categories <- categories_by_levels(data, roles)
  list(data = data, roles = roles, estimand = if (!identical(estimand, asked)) estimand)
}

replaced <- function(names, by) unlist(lapply(names, function(name) if (is.null(by[[name]])) name else by[[name]]))

terms_by_levels <- function(data, roles, plan, estimand) {
  indicators <- list()
  imputed <- unlist(lapply(roles$predictions, `[[`, "covariate"))
  for (term in intersect(unlist(estimand$terms), roles$covariates)) {
    column_of(data, term, "answer", "covariates")
    levels <- levels_in(data[[term]])
    if (in_order(levels)) next
    new <- paste0(term, "=", levels[-1])
    if (term %in% imputed || !is.null(plan$target) || any(new %in% names(data))) {
      message("`", term, "`: the baseline is \"", sort(levels, method = "radix")[1], "\", not \"", levels[1], "\" as in R; for that make indicators of the other levels")
      next
    }
    values <- plain(data[[term]], "answer", term)
    for (i in seq_along(new)) data[[new[i]]] <- as.integer(values == levels[i + 1L])
    indicators[[term]] <- new
  }
  list(data = data, indicators = indicators)
}

baselines_by_levels <- function(data, estimand) {
  baselines <- as.list(estimand$baselines)
  for (name in intersect(unlist(estimand$attributes), names(data))) {
    levels <- levels_in(data[[name]])
    if (is.null(baselines[[name]]) && !in_order(levels)) baselines[[name]] <- levels[1]
  }
  if (length(baselines)) baselines
}

# Those that the service would find in the outcome and its predictions, in the order of the outcome's levels
categories_by_levels <- function(data, roles) {
  found <- lapply(roles$outcome, function(name) {
    own <- Filter(function(p) is.null(p$outcome) || identical(p$outcome, name), roles$predictions)
    said <- lapply(own, function(p) if (is.null(p$category)) levels_in(data[[p$column]]) else as.character(p$category))
    levels <- levels_in(data[[name]])
    if (is.null(levels) || any(vapply(said, is.null, NA))) return(NULL)
    all <- c(levels, as.character(unlist(said)))
    if (is.factor(data[[name]])) union(intersect(levels(data[[name]]), all), sort(all, method = "radix")) else levels(factor(all))
  })
  if (length(unique(found)) == 1L && !in_order(found[[1]])) found[[1]]
}
