# Printing

show_number <- function(x, digits) ifelse(is.na(x), "", formatC(x, digits = digits, format = "g", flag = "#"))
show_p <- function(x) ifelse(is.na(x), "", ifelse(x < 1e-4, "<.0001", sub("^0", "", formatC(x, digits = 4, format = "f"))))
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
  for (w in warnings) wrapped(paste0(w$code, ": ", w$message), 2L, 4L)
}

estimate_table <- function(x, digits) {
  e <- x$estimates
  line <- function(label, part, p) {
    open <- if (is.null(part[[1]]$interval)) c("", "") else c("-Inf", "Inf")
    data.frame(
      " " = label, estimate = show_number(numbers(part, "estimate"), digits), "std. error" = show_number(numbers(part, "standard_error"), digits),
      lower = show_end(numbers(part, "interval", "lower"), digits, open[1]), upper = show_end(numbers(part, "interval", "upper"), digits, open[2]),
      p = show_p(p), "p adjusted" = show_p(numbers(part, "p_value_adjusted")), check.names = FALSE
    )
  }
  names <- estimate_names(e)
  rows <- lapply(seq_along(e), function(i) {
    alone <- e[[i]]$llm_only
    rbind(
      line(names[i], list(list()), NA), line("  calibrated", e[i], number(e[[i]]$p_value)),
      line("  humans only", list(e[[i]]$human_only), number(e[[i]]$human_only$p_value)),
      if (!is.null(alone)) line("  LLM only *", list(alone[c("estimate", "standard_error")]), NA)
    )
  })
  rows <- do.call(rbind, rows)
  rows[nzchar(names(rows)) & (names(rows) != "p adjusted" | any(nzchar(rows$`p adjusted`)))]
}

#' @export
print.rectifier_calibration <- function(x, digits = 4, most = 12, ...) {
  applied <- x$applied
  cat("Calibrated ", gsub("_", " ", applied$estimand$type), ", estimator ", applied$estimator, ", ", gsub("_", " ", applied$identification),
    if (!is.null(applied$control)) paste0(", reference arm \"", applied$control, "\""), "\n\n", sep = "")
  shown <- x
  shown$estimates <- utils::head(x$estimates, most)
  show_table(estimate_table(shown, digits))
  if (length(x$estimates) > most) cat("... and ", length(x$estimates) - most, " more estimates: tidy() has all\n", sep = "")
  cat(format(100 * applied$confidence_level), "% intervals", if (!is.null(x$estimates[[1]]$llm_only)) "; * exploratory, no interval is valid", "\n\n", sep = "")
  cat(worth(x$estimates[[1]], estimate_names(x$estimates)[1], length(x$estimates)), "\n", sep = "")
  wrapped(paste0("Claim: ", gsub("_", " ", x$claim), " (", statuses(x$assumptions), ")."), 0L, 2L)
  if (!is.null(x$design)) cat("Next study for ", format(x$design$cost), ": ", bought(x$design), "\n", sep = "")
  show_warnings(x$warnings)
  invisible(x)
}

worth <- function(e, name, several) {
  n <- number(e$effective_sample_size)
  first <- if (several > 1L) paste0(name, ": ") else ""
  paste0(first, e$human_sample_size, " humans", if (!is.na(n)) paste0(" with these LLM answers are worth ", round(n), " without"), " (", gsub("_", " ", e$verdict), ").")
}

statuses <- function(assumptions) {
  if (!length(assumptions)) return("")
  paste0(paste0(gsub("_", " ", words(assumptions, "name")), " ", gsub("_", " ", words(assumptions, "status"))), collapse = ", ")
}

bought <- function(d) paste0(format(d$n_human), " humans, ", format(d$n_llm_only), " LLM-only units")

#' @export
summary.rectifier_calibration <- function(object, ...) structure(object, class = c("summary.rectifier_calibration", class(object)))

#' @export
print.summary.rectifier_calibration <- function(x, digits = 4, ...) {
  print.rectifier_calibration(x, digits = digits, most = Inf)
  cat("\nArms:\n")
  arms <- x$arms
  frame <- data.frame(
    arm = words(arms, "name"), outcome = words(arms, "outcome"), component = words(arms, "component"), subgroup = words(arms, "subgroup"),
    humans = numbers(arms, "n_human"), "LLM-only" = numbers(arms, "n_llm_only"), mean = show_number(numbers(arms, "mean", "estimate"), digits),
    lower = show_end(numbers(arms, "mean", "interval", "lower"), digits, ""), upper = show_end(numbers(arms, "mean", "interval", "upper"), digits, ""),
    "R^2" = show_number(numbers(arms, "r_squared"), 3), verdict = gsub("_", " ", words(arms, "verdict")), check.names = FALSE
  )
  show_table(frame[!vapply(frame, function(column) all(is.na(column)), NA)])
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
  cat("Design: ", bought(d), " for ", format(d$cost), " (", format(d$sampling_ratio, digits = 3), " LLM-only units per human)\n\n", sep = "")
  show_table(shown_groups(d$groups))
  cat("\nStandard error ", show_number(d$standard_error, digits), ", interval width ", show_number(d$interval_width, digits),
    ", as good as ", round(number(d$effective_sample_size)), " humans alone", if (!is.null(d$power)) paste0(", power ", show_number(d$power, 3)), "\n", sep = "")
  alone <- x$human_only
  if (!is.null(alone$n_human)) {
    cat("Humans alone: ", format(alone$n_human), " for ", format(alone$cost), ", standard error ", show_number(number(alone$standard_error), digits), "\n", sep = "")
  }
  if (!is.null(x$cost_share)) {
    verdict <- if (isTRUE(x$llm_pays)) "LLM answers pay" else "LLM answers do not pay"
    cat(verdict, ": the same precision costs ", round(100 * x$cost_share), " % of what humans alone would\n", sep = "")
  }
  if (!is.null(x$top_up)) cat("To add to the pilot: ", bought(x$top_up), " for ", format(x$top_up$cost), "\n", sep = "")
  show_simulation(x$simulation, digits)
  show_warnings(x$warnings)
  invisible(x)
}

shown_groups <- function(groups) {
  frame <- group_rows(groups)
  frame$human <- ifelse(frame$human, "humans", "LLM-only")
  names(frame)[names(frame) %in% c("human", "unit.cost")] <- c("units", "each")
  frame$models[frame$models == ""] <- "none"
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
  cat("Design of ", length(x$questions$questions), " questions: ", bought(x$questions), " for ", format(x$questions$cost), "\n\n", sep = "")
  q <- x$questions$questions
  show_table(data.frame(question = words(q, "name"), humans = numbers(q, "n_human"), "LLM-only" = numbers(q, "n_llm_only"),
    "std. error" = show_number(numbers(q, "standard_error"), digits), check.names = FALSE))
  show_warnings(x$warnings)
  invisible(x)
}

print_sampling <- function(x, digits) {
  s <- x$sampling
  cat("Sampling probabilities for ", s$n_frame, " units: ", format(s$n_expected, digits = 4), " humans expected for ", format(s$cost, digits = 6), "\n", sep = "")
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
    show_table(format(rows_from(x$frontier), digits = digits))
  }
  invisible(x)
}

#' @export
print.rectifier_diagnosis <- function(x, ...) {
  cat("May these LLM answers be relied on? ", gsub("_", " ", x$summary), "\n", sep = "")
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

where_of <- function(check) {
  where <- stats::na.omit(c(word(check$outcome), word(check$model), word(check$arm), word(check$subgroup)))
  if (length(where)) paste0(" (", paste(where, collapse = ", "), ")") else ""
}

#' @export
summary.rectifier_diagnosis <- function(object, ...) structure(object, class = c("summary.rectifier_diagnosis", class(object)))

#' @export
print.summary.rectifier_diagnosis <- function(x, digits = 4, ...) {
  cat("May these LLM answers be relied on? ", gsub("_", " ", x$summary), "\n", sep = "")
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
    show_table(data.frame(hypothesis = words(x$`next`, "name"), humans = numbers(x$`next`, "n_human"), cost = numbers(x$`next`, "cost"),
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
