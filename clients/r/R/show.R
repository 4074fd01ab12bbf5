# Printing

# So many significant digits, never as 1.5e+04 unless it is beyond what one reads
show_number <- function(x, digits) {
  size <- floor(log10(abs(signif(x, digits))))
  size[!is.finite(size)] <- 0
  fixed <- sprintf("%.*f", as.integer(pmax(digits - 1 - size, 0)), x)
  ifelse(is.na(x), "", ifelse(size > -6 & size < 8, fixed, sprintf("%.*e", as.integer(digits - 1), x)))
}

# Counts and money
show_amount <- function(x) ifelse(is.na(x), "", formatC(signif(x, 7), format = "f", digits = 6, drop0trailing = TRUE))
show_p <- function(x) ifelse(is.na(x), "", ifelse(x < 1e-4, "<.0001", sub("^0", "", sprintf("%.4f", x))))
show_end <- function(x, digits, open) ifelse(is.na(x), open, show_number(x, digits))

show_table <- function(frame) {
  text <- vapply(frame, format, character(nrow(frame)), justify = "left")
  text <- matrix(text, nrow = nrow(frame), dimnames = list(rep("", nrow(frame)), names(frame)))
  print(text, quote = FALSE, right = FALSE)
}

wrapped <- function(text, indent = 2L, exdent = indent) {
  cat(strwrap(text, width = getOption("width") - 2L, indent = indent, exdent = exdent), sep = "\n")
}

show_warnings <- function(warnings) {
  if (!length(warnings)) return(invisible())
  cat("\nWarnings:\n")
  for (w in unique(paste0(words(warnings, "code"), ": ", words(warnings, "message")))) wrapped(w, 2L, 4L)
}

# A line for each of calibrated, humans only, LLM only, under the estimate's name, however long that is
show_estimates <- function(x, digits, most) {
  parts <- lapply(utils::head(x$estimates, most), estimate_rows, digits)
  rows <- do.call(rbind, parts)
  rows <- rows[names(rows) != "p adjusted" | any(nzchar(rows$`p adjusted`))]
  columns <- Map(function(name, text) format(c(if (name == "source") "" else name, text)), names(rows), rows)
  lines <- sub(" +$", "", do.call(paste, columns))
  cat(lines[1], "\n", sep = "")
  each <- split(lines[-1], rep(seq_along(parts), vapply(parts, nrow, 0L)))
  for (i in seq_along(each)) {
    wrapped(estimate_names(x$estimates)[i], 0L, 4L)
    cat(each[[i]], sep = "\n")
  }
  if (length(x$estimates) > most) cat("... and ", length(x$estimates) - most, " more estimates: tidy() has all\n", sep = "")
}

estimate_rows <- function(e, digits) {
  line <- function(source, part, open) {
    data.frame(
      source = paste0("  ", source), estimate = show_number(number(part$estimate), digits), "std. error" = show_number(number(part$standard_error), digits),
      lower = show_end(number(part$interval$lower), digits, open[1]), upper = show_end(number(part$interval$upper), digits, open[2]),
      p = show_p(number(part$p_value)), "p adjusted" = show_p(number(part$p_value_adjusted)), check.names = FALSE
    )
  }
  rbind(
    line("calibrated", e, c("-Inf", "Inf")), line("humans only", e$human_only, c("-Inf", "Inf")),
    if (!is.null(e$llm_only)) line("LLM only *", e$llm_only, c("", ""))
  )
}

#' @export
print.rectifier_calibration <- function(x, digits = 4, most = 12, ...) {
  applied <- x$applied
  reference <- applied$control %or% if (against_reference(x)) attr(x, "reference")
  cat("Calibrated ", gsub("_", " ", applied$estimand$type), ", estimator ", applied$estimator, ", ", gsub("_", " ", applied$identification),
    if (!is.null(reference)) paste0(", reference arm \"", reference, "\""), "\n\n", sep = "")
  show_estimates(x, digits, most)
  cat(format(100 * interval_level(x)), "% intervals", if (!is.null(x$estimates[[1]]$llm_only)) "; * exploratory, no interval is valid", "\n\n", sep = "")
  wrapped(worth(x$estimates[[1]], estimate_names(x$estimates)[1], length(x$estimates)), 0L, 2L)
  wrapped(paste0("Claim: ", gsub("_", " ", x$claim), " (", statuses(x$assumptions), ")."), 0L, 2L)
  if (!is.null(x$design)) cat("Next study for ", show_amount(x$design$cost), ": ", bought(x$design), "\n", sep = "")
  show_warnings(x$warnings)
  invisible(x)
}

# Coefficients of arms, and ratios, which the answer names no control of
against_reference <- function(x) any(grepl("(^|:)arm=| / ", estimate_names(x$estimates)))

worth <- function(e, name, several) {
  n <- if (is.null(e$llm_only)) NA else number(e$effective_sample_size)
  first <- if (several > 1L) paste0(name, ": ") else ""
  paste0(first, show_amount(e$human_sample_size), " humans", if (!is.na(n)) paste0(" with these LLM answers are worth ", show_amount(round(n)), " without"), " (", gsub("_", " ", e$verdict), ").")
}

statuses <- function(assumptions) {
  if (!length(assumptions)) return("")
  paste0(paste0(gsub("_", " ", words(assumptions, "name")), " ", gsub("_", " ", words(assumptions, "status"))), collapse = ", ")
}

bought <- function(d) paste0(show_amount(d$n_human), " humans, ", show_amount(d$n_llm_only), " LLM-only units")

#' @export
summary.rectifier_calibration <- function(object, ...) structure(object, class = c("summary.rectifier_calibration", class(object)))

#' @export
print.summary.rectifier_calibration <- function(x, digits = 4, ...) {
  print.rectifier_calibration(x, digits = digits, most = Inf)
  cat("\nArms:\n")
  arms <- x$arms
  frame <- data.frame(
    arm = words(arms, "name"), outcome = words(arms, "outcome"), component = words(arms, "component"), subgroup = words(arms, "subgroup"),
    humans = show_amount(numbers(arms, "n_human")), "LLM-only" = show_amount(numbers(arms, "n_llm_only")), mean = show_number(numbers(arms, "mean", "estimate"), digits),
    lower = show_end(numbers(arms, "mean", "interval", "lower"), digits, ""), upper = show_end(numbers(arms, "mean", "interval", "upper"), digits, ""),
    "R^2" = show_number(numbers(arms, "r_squared"), 3), verdict = gsub("_", " ", words(arms, "verdict")), check.names = FALSE
  )
  frame <- frame[!vapply(frame, function(column) all(is.na(column)), NA)]
  if (!is.null(frame$subgroup)) frame$subgroup[is.na(frame$subgroup)] <- everyone_among(frame$subgroup)
  show_table(frame)
  cat("\nAssumptions:\n")
  for (a in x$assumptions) {
    p <- if (is.null(a$p_value)) "" else paste0(" (p = ", show_p(a$p_value), ")")
    wrapped(paste0(gsub("_", " ", a$name), ", ", gsub("_", " ", a$status), p, ": ", a$statement), 2L, 4L)
  }
  cat("\nFor a methods section:\n")
  wrapped(x$report)
  invisible(x)
}

#' @export
print.rectifier_design <- function(x, digits = 4, ...) {
  if (!is.null(x$sampling)) return(print_sampling(x, digits))
  if (!is.null(x$questions)) return(print_questions(x, digits))
  d <- x$design
  wrapped(paste0("Design: ", bought(d), " for ", show_amount(d$cost), " (", show_number(d$sampling_ratio, 3), " LLM-only units per human)"), 0L, 2L)
  cat("\n")
  show_table(shown_groups(d$groups))
  cat("\n")
  wrapped(paste0("Standard error ", show_number(d$standard_error, digits), ", interval width ", show_number(d$interval_width, digits),
    ", as good as ", show_amount(round(number(d$effective_sample_size))), " humans alone", if (!is.null(d$power)) paste0(", power ", show_number(d$power, 3))), 0L, 2L)
  alone <- x$human_only
  if (!is.null(alone$n_human)) {
    cat("Humans alone: ", show_amount(alone$n_human), " for ", show_amount(number(alone$cost)), ", standard error ", show_number(number(alone$standard_error), digits), "\n", sep = "")
  }
  if (!is.null(x$cost_share)) {
    verdict <- if (isTRUE(x$llm_pays)) "LLM answers pay" else "LLM answers do not pay"
    cat(verdict, ": the same precision costs ", round(100 * x$cost_share), " % of what humans alone would\n", sep = "")
  }
  if (!is.null(x$top_up)) cat("To add to the pilot: ", bought(x$top_up), " for ", show_amount(x$top_up$cost), "\n", sep = "")
  show_simulation(x$simulation, digits)
  show_warnings(x$warnings)
  invisible(x)
}

shown_groups <- function(groups) {
  frame <- group_rows(groups)
  frame$human <- ifelse(frame$human, "humans", "LLM-only")
  names(frame)[names(frame) %in% c("human", "unit.cost")] <- c("units", "each")
  frame$models[frame$models == ""] <- "none"
  frame[c("n", "each")] <- lapply(frame[c("n", "each")], show_amount)
  if (all(is.na(frame$arm))) frame$arm <- NULL else frame$arm[is.na(frame$arm)] <- "any"
  frame
}

show_simulation <- function(simulation, digits) {
  for (s in simulation$contrasts) {
    cat("Simulated ", simulation$replicates, " times, ", s$name, ": coverage ", show_number(s$coverage, 3),
      if (!is.null(s$power)) paste0(", power ", show_number(s$power, 3), " (planned ", show_number(number(s$analytic_power), 3), ")"), "\n", sep = "")
  }
}

print_questions <- function(x, digits) {
  cat("Design of ", length(x$questions$questions), " questions: ", bought(x$questions), " for ", show_amount(x$questions$cost), "\n\n", sep = "")
  q <- x$questions$questions
  show_table(data.frame(question = words(q, "name"), humans = show_amount(numbers(q, "n_human")), "LLM-only" = show_amount(numbers(q, "n_llm_only")),
    "std. error" = show_number(numbers(q, "standard_error"), digits), check.names = FALSE))
  show_warnings(x$warnings)
  invisible(x)
}

print_sampling <- function(x, digits) {
  s <- x$sampling
  cat("Sampling probabilities for ", s$n_frame, " units: ", show_amount(s$n_expected), " humans expected for ", show_amount(s$cost), "\n", sep = "")
  if (!is.null(s$standard_error)) cat("Standard error ", show_number(s$standard_error, digits), ", with equal probabilities ", show_number(s$standard_error_uniform, digits), "\n", sep = "")
  cat("as.data.frame() has them, in the order of `predicted_error`\n")
  show_warnings(x$warnings)
  invisible(x)
}

#' @export
summary.rectifier_design <- function(object, ...) structure(object, class = c("summary.rectifier_design", class(object)))

#' @export
print.summary.rectifier_design <- function(x, digits = 4, ...) {
  print.rectifier_design(x, digits)
  if (length(x$frontier)) {
    cat("\nFrontier:\n")
    f <- rows_from(x$frontier)
    show_table(data.frame(lapply(f[names(f) != "standard_error"], show_amount), standard_error = show_number(f$standard_error, digits), check.names = FALSE))
  }
  invisible(x)
}

#' @export
print.rectifier_diagnosis <- function(x, ...) {
  show_question(x)
  wrapped(x$reason)
  cat("\n")
  status <- factor(words(x$checks, "status"), c("fail", "warn", "not_testable", "pass"), c("fail", "warn", "not testable", "pass"))
  name <- words(x$checks, "name")
  counts <- unclass(table(factor(name, unique(name)), status))
  show_table(data.frame(check = rownames(counts), ifelse(counts == 0L, "", counts), check.names = FALSE))
  for (level in c("fail", "warn")) {
    for (check in Filter(function(c) c$status == level, x$checks)) {
      cat("\n", level, ": ", check$name, where_of(check), "\n", sep = "")
      wrapped(sub("([^.])$", "\\1.", check$statement))
      wrapped(paste0("Do: ", check$action))
    }
  }
  show_warnings(x$warnings)
  invisible(x)
}

show_question <- function(x) {
  cat("May these LLM answers be relied on? ", gsub("_", " ", x$summary), "\n", sep = "")
  if (!is.null(attr(x, "reference"))) cat("Reference arm \"", attr(x, "reference"), "\"\n", sep = "")
}

where_of <- function(check) {
  where <- stats::na.omit(c(word(check$outcome), word(check$model), word(check$arm), word(check$subgroup)))
  if (length(where)) paste0(" (", paste(where, collapse = ", "), ")") else ""
}

#' @export
summary.rectifier_diagnosis <- function(object, ...) structure(object, class = c("summary.rectifier_diagnosis", class(object)))

#' @export
print.summary.rectifier_diagnosis <- function(x, digits = 4, ...) {
  show_question(x)
  for (check in x$checks) {
    cat("\n", check$name, where_of(check), ": ", gsub("_", " ", check$status), "\n", sep = "")
    wrapped(check$statement)
    wrapped(check$action)
    for (m in check$measures) cat("    ", m$name, " ", show_number(number(m$value), digits), if (!is.null(m$p_value)) paste0(", p = ", show_p(m$p_value)), "\n", sep = "")
  }
  show_warnings(x$warnings)
  invisible(x)
}

#' @export
print.rectifier_track_record <- function(x, digits = 4, ...) {
  r <- x$random_effects
  cat("LLM-only effect \"", x$name, "\": ", show_number(x$llm_only$estimate, digits), " (", gsub("_", " ", x$claim), ")\n\n", sep = "")
  ends <- function(i) paste0(show_number(i$lower, digits), " to ", show_number(i$upper, digits), " (", format(100 * i$level), "%)")
  cat("  random effects: ", if (is.null(r$interval)) "too few studies" else paste0(show_number(r$estimate, digits), ", ", ends(r$interval)), "\n", sep = "")
  cat("  conformal:      ", if (is.null(x$conformal$interval)) paste0("needs ", x$conformal$studies_needed, " studies, there are ", x$conformal$studies) else ends(x$conformal$interval), "\n", sep = "")
  if (!is.null(r$wrong_sign_probability)) cat("  probability that the sign is wrong: ", show_number(r$wrong_sign_probability, 3), "\n", sep = "")
  cat("  correlation of past effects: ", show_number(number(x$correlation$raw), 3), "\n", sep = "")
  show_warnings(x$warnings)
  invisible(x)
}

#' @export
summary.rectifier_track_record <- function(object, ...) structure(object, class = c("summary.rectifier_answer", class(object)))

#' @export
print.rectifier_screening <- function(x, digits = 4, ...) {
  cat("Screening of ", length(x$hypotheses), " hypotheses, ", gsub("_", " ", x$applied$multiplicity), " at ", format(x$applied$error_rate), "\n\n", sep = "")
  h <- x$hypotheses
  rejected <- vapply(h, function(e) if (is.null(e$rejected)) "not yet run" else if (e$rejected) "rejected" else "no", "")
  show_table(data.frame(hypothesis = words(h, "name"), weight = show_number(numbers(h, "weight"), 3), p = show_p(numbers(h, "p_value")),
    adjusted = show_p(numbers(h, "p_value_adjusted")), result = rejected))
  if (length(x$`next`)) {
    cat("\nTake to humans next:\n")
    show_table(data.frame(hypothesis = words(x$`next`, "name"), humans = show_amount(numbers(x$`next`, "n_human")), cost = show_amount(numbers(x$`next`, "cost")),
      "probability of discovery" = show_number(numbers(x$`next`, "probability_of_discovery"), 3), check.names = FALSE))
  }
  show_warnings(x$warnings)
  invisible(x)
}

#' @export
summary.rectifier_screening <- function(object, ...) structure(object, class = c("summary.rectifier_answer", class(object)))

#' @export
print.summary.rectifier_answer <- function(x, ...) {
  NextMethod()
  cat("\nAssumptions:\n")
  for (a in x$assumptions) wrapped(paste0(gsub("_", " ", a$name), ", ", gsub("_", " ", a$status), ": ", a$statement), 2L, 4L)
  cat("\nFor a methods section:\n")
  wrapped(x$report)
  invisible(x)
}
