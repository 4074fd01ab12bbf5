# Generics of our own, so that nothing else need be installed; what is not ours goes on to the package generics

#' @export
tidy <- function(x, ...) UseMethod("tidy")

#' @export
glance <- function(x, ...) UseMethod("glance")

#' @export
tidy.default <- function(x, ...) elsewhere("tidy", x, ...)

#' @export
glance.default <- function(x, ...) elsewhere("glance", x, ...)

elsewhere <- function(name, x, ...) {
  if (!requireNamespace("generics", quietly = TRUE)) {
    stop("no ", name, "() for an object of class ", class(x)[1], " (the package generics is not installed)", call. = FALSE)
  }
  do.call(getExportedValue("generics", name), list(x, ...), envir = globalenv()) # methods are looked up where it is called
}

#' @export
tidy.rectifier_calibration <- function(x, conf.int = TRUE, conf.level = interval_level(x), ...) {
  refuse_level(conf.level, x)
  e <- x$estimates
  ends <- interval_ends(e)
  frame <- data.frame(
    term = estimate_names(e), estimate = numbers(e, "estimate"), std.error = numbers(e, "standard_error"),
    conf.low = ends[, 1], conf.high = ends[, 2], p.value = numbers(e, "p_value"),
    p.value.adjusted = numbers(e, "p_value_adjusted"), df = numbers(e, "df"),
    outcome = words(e, "outcome"), name = words(e, "name"), component = words(e, "component"), subgroup = words(e, "subgroup"),
    human.only = numbers(e, "human_only", "estimate"), llm.only = numbers(e, "llm_only", "estimate"),
    n.human = numbers(e, "human_sample_size"), n.effective = numbers(e, "effective_sample_size"),
    claim = words(e, "claim"), verdict = words(e, "verdict")
  )
  as_tibble_if(if (conf.int) frame else frame[setdiff(names(frame), c("conf.low", "conf.high"))])
}

# A matrix of lower and upper ends; the open end of a one-sided interval is infinite
interval_ends <- function(estimates) {
  lower <- numbers(estimates, "interval", "lower")
  upper <- numbers(estimates, "interval", "upper")
  cbind(ifelse(is.na(lower), -Inf, lower), ifelse(is.na(upper), Inf, upper))
}

# 90% where equivalence is tested at 95%
interval_level <- function(x) x$estimates[[1]]$interval$level

refuse_level <- function(level, x) {
  if (isTRUE(all.equal(level, interval_level(x)))) return()
  stop("the intervals of this answer have level ", interval_level(x),
    "; another is asked for with plan = list(confidence_level = ", level, ")", call. = FALSE)
}

#' @export
glance.rectifier_calibration <- function(x, ...) {
  first <- x$estimates[[1]]
  as_tibble_if(data.frame(
    nobs = number(first$human_sample_size), n.effective = number(first$effective_sample_size),
    n.llm.only = llm_only_units(x, first), variance.ratio = number(first$variance_ratio),
    ppi.correlation = number(first$ppi_correlation), estimator = word(x$applied$estimator), interval = word(x$applied$interval),
    identification = word(x$applied$identification), conf.level = interval_level(x), verdict = word(x$summary$verdict),
    claim = word(x$claim), warnings = length(x$warnings), method.version = word(x$method_version)
  ))
}

# Shared predictions: one pool serves all arms
llm_only_units <- function(x, estimate) {
  each <- numbers(arms_of(x, estimate), "n_llm_only")
  if (identical(x$applied$prediction_design, "shared")) max(each) else sum(each)
}

# The arms of an estimate's outcome, component and subgroup
arms_of <- function(x, estimate) {
  same <- function(a) identical(a$outcome, estimate$outcome) && identical(a$subgroup, estimate$subgroup)
  found <- Filter(same, x$arms)
  component <- if (length(found)) found[[1]]$component
  Filter(function(a) identical(a$component, component), found)
}

#' @export
as.data.frame.rectifier_calibration <- function(x, row.names = NULL, optional = FALSE, ...) rows_from(x$estimates)

#' @export
coef.rectifier_calibration <- function(object, ...) {
  stats::setNames(numbers(object$estimates, "estimate"), estimate_names(object$estimates))
}

#' @export
confint.rectifier_calibration <- function(object, parm, level = interval_level(object), ...) {
  refuse_level(level, object)
  e <- object$estimates
  made <- interval_ends(e)
  tails <- if (made[1, 1] == -Inf) c(0, level) else if (made[1, 2] == Inf) c(1 - level, 1) else c((1 - level) / 2, (1 + level) / 2)
  dimnames(made) <- list(estimate_names(e), paste(format(100 * tails, trim = TRUE, digits = 3), "%"))
  if (missing(parm)) made else made[parm, , drop = FALSE]
}

#' @export
nobs.rectifier_calibration <- function(object, ...) object$estimates[[1]]$human_sample_size

#' @export
tidy.rectifier_design <- function(x, ...) as_tibble_if(group_rows(groups_of(x)))

groups_of <- function(x) {
  if (!is.null(x$design)) return(x$design$groups)
  if (!is.null(x$questions$groups)) return(x$questions$groups)
  unlist(lapply(x$questions$questions, function(q) lapply(q$groups, function(g) c(list(question = q$name), g))), recursive = FALSE)
}

group_rows <- function(groups) {
  frame <- data.frame(
    arm = words(groups, "arm"), human = vapply(groups, function(g) isTRUE(g$human), NA),
    models = vapply(groups, function(g) paste(unlist(g$models), collapse = ", "), ""),
    n = numbers(groups, "n"), unit.cost = numbers(groups, "unit_cost")
  )
  if (length(groups) && !is.null(groups[[1]]$question)) frame <- cbind(question = words(groups, "question"), frame)
  frame
}

#' @export
glance.rectifier_design <- function(x, ...) {
  d <- x$design
  if (is.null(d)) d <- x$questions
  if (is.null(d)) d <- x$sampling
  as_tibble_if(data.frame(
    n.human = number(d$n_human %or% d$n_expected), n.llm.only = number(d$n_llm_only), sampling.ratio = number(d$sampling_ratio),
    cost = number(d$cost), std.error = number(d$standard_error), n.effective = number(d$effective_sample_size),
    power = number(d$power), mde = number(d$mde), cost.share = number(x$cost_share),
    llm.pays = if (is.null(x$llm_pays)) NA else x$llm_pays, n.human.only = number(x$human_only$n_human), warnings = length(x$warnings)
  ))
}

#' @export
as.data.frame.rectifier_design <- function(x, row.names = NULL, optional = FALSE, ...) {
  if (!is.null(x$sampling)) return(data.frame(sampling_probability = unlist(x$sampling$probabilities)))
  if (!is.null(x$questions)) return(rows_from(x$questions$questions))
  rows_from(x$frontier)
}

#' @export
tidy.rectifier_diagnosis <- function(x, ...) {
  rows <- lapply(x$checks, function(check) {
    measures <- if (length(check$measures)) check$measures else list(list())
    data.frame(
      check = word(check$name), outcome = word(check$outcome), model = word(check$model), arm = word(check$arm),
      subgroup = word(check$subgroup), status = word(check$status), measure = words(measures, "name"),
      estimate = numbers(measures, "value"), conf.low = numbers(measures, "interval", "lower"),
      conf.high = numbers(measures, "interval", "upper"), p.value = numbers(measures, "p_value")
    )
  })
  as_tibble_if(do.call(rbind, rows))
}

#' @export
glance.rectifier_diagnosis <- function(x, ...) {
  status <- words(x$checks, "status")
  counts <- vapply(c("pass", "not_testable", "warn", "fail"), function(s) sum(status == s), 0L)
  as_tibble_if(data.frame(summary = word(x$summary), status = word(x$status), t(counts), reason = word(x$reason)))
}

#' @export
as.data.frame.rectifier_diagnosis <- function(x, row.names = NULL, optional = FALSE, ...) rows_from(x$checks)

#' @export
tidy.rectifier_track_record <- function(x, ...) {
  parts <- list(llm_only = x$llm_only, random_effects = x$random_effects, conformal = x$conformal)
  as_tibble_if(data.frame(
    term = names(parts), estimate = c(number(x$llm_only$estimate), number(x$random_effects$estimate), NA),
    std.error = c(number(x$llm_only$standard_error), number(x$random_effects$standard_error), NA),
    conf.low = unname(numbers(parts, "interval", "lower")), conf.high = unname(numbers(parts, "interval", "upper")),
    claim = c(word(x$llm_only$claim), word(x$claim), word(x$claim))
  ))
}

#' @export
glance.rectifier_track_record <- function(x, ...) {
  as_tibble_if(data.frame(
    studies = number(x$conformal$studies), studies.needed = number(x$conformal$studies_needed), slope = number(x$random_effects$slope),
    r.squared = number(x$random_effects$r_squared), tau2 = number(x$random_effects$tau2), correlation = number(x$correlation$raw),
    surrogate.threshold = number(x$random_effects$surrogate_threshold),
    wrong.sign.probability = number(x$random_effects$wrong_sign_probability), claim = word(x$claim), warnings = length(x$warnings)
  ))
}

#' @export
as.data.frame.rectifier_track_record <- function(x, row.names = NULL, optional = FALSE, ...) as.data.frame(tidy(x))

#' @export
tidy.rectifier_screening <- function(x, ...) {
  h <- x$hypotheses
  as_tibble_if(data.frame(
    term = words(h, "name"), weight = numbers(h, "weight"), p.value = numbers(h, "p_value"), p.value.adjusted = numbers(h, "p_value_adjusted"),
    rejected = vapply(h, function(e) if (is.null(e$rejected)) NA else e$rejected, NA), claim = words(h, "claim")
  ))
}

#' @export
glance.rectifier_screening <- function(x, ...) {
  rejected <- vapply(x$hypotheses, function(e) isTRUE(e$rejected), NA)
  as_tibble_if(data.frame(
    hypotheses = length(x$hypotheses), rejected = sum(rejected), expected.discoveries = number(x$expected_discoveries),
    multiplicity = word(x$applied$multiplicity), error.rate = number(x$applied$error_rate), warnings = length(x$warnings)
  ))
}

#' @export
as.data.frame.rectifier_screening <- function(x, row.names = NULL, optional = FALSE, ...) rows_from(x$hypotheses)
