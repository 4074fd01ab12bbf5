# Base graphics: a forest plot and a frontier

SOURCES <- c(calibrated = "#1b5e8c", "humans only" = "#5f6b76", "LLM only" = "#b3541e")

#' @export
plot.rectifier_calibration <- function(x, most = 30, xlab = "estimate", main = NULL, ...) {
  e <- utils::head(x$estimates, most)
  names <- estimate_names(x$estimates)[seq_along(e)]
  rows <- do.call(rbind, lapply(seq_along(e), function(i) forest_rows(e[[i]], names[i], i)))
  forest(rows, names, number(x$applied$null_value), xlab, if (is.null(main)) forest_title(x) else main, ...)
  if (length(x$estimates) > most) graphics::mtext(paste("the first", most, "of", length(x$estimates)), side = 3, adj = 1, cex = 0.8)
  invisible(x)
}

forest_rows <- function(e, name, i) {
  parts <- list(calibrated = e, "humans only" = e$human_only, "LLM only" = e$llm_only)
  parts <- parts[!vapply(parts, is.null, NA)]
  data.frame(
    row = i, source = names(parts), estimate = unname(numbers(parts, "estimate")), lower = unname(numbers(parts, "interval", "lower")),
    upper = unname(numbers(parts, "interval", "upper"))
  )
}

forest_title <- function(x) {
  paste0("Calibrated ", gsub("_", " ", x$applied$estimand$type), " (", format(100 * interval_level(x)), "% intervals, ", gsub("_", " ", x$claim), ")")
}

# What is given replaces what would be drawn
drawn <- function(how, ..., given) do.call(how, utils::modifyList(list(...), given))

forest <- function(rows, names, null_value, xlab, main, xlim = NULL, ylab = "", ...) {
  rows$y <- -rows$row + c(calibrated = 0.2, "humans only" = 0, "LLM only" = -0.2)[rows$source]
  known <- c(rows$estimate, rows$lower, rows$upper, null_value)
  limits <- if (is.null(xlim)) grDevices::extendrange(known[is.finite(known)], f = 0.06) else xlim
  names <- in_lines(names, graphics::par("din")[1] * 0.45, 0.9)
  old <- graphics::par(mai = c(0.9, max(graphics::strwidth(names, units = "inches", cex = 0.9)) + 0.4 + 0.3 * nzchar(ylab), 0.7, 0.2), las = 1)
  on.exit(graphics::par(old))
  drawn(graphics::plot, NA, xlim = limits, ylim = c(-length(names) - 0.9, -0.5), yaxt = "n", ylab = "", xlab = xlab, main = main, bty = "n", cex.main = 1, given = list(...))
  graphics::mtext(ylab, side = 2, line = graphics::par("mar")[2] - 1.2, las = 0)
  if (!is.na(null_value)) graphics::abline(v = null_value, lty = 3, col = "grey50")
  graphics::axis(2, at = -seq_along(names), labels = names, tick = FALSE, cex.axis = 0.9)
  lower <- ifelse(is.na(rows$lower), limits[1], rows$lower)
  upper <- ifelse(is.na(rows$upper), limits[2], rows$upper)
  interval <- !(is.na(rows$lower) & is.na(rows$upper))
  colour <- SOURCES[rows$source]
  graphics::segments(lower[interval], rows$y[interval], upper[interval], rows$y[interval], col = colour[interval], lwd = ifelse(rows$source == "calibrated", 3, 1.5)[interval])
  graphics::points(rows$estimate, rows$y, pch = c(calibrated = 16, "humans only" = 15, "LLM only" = 4)[rows$source], col = colour)
  used <- SOURCES[names(SOURCES) %in% rows$source]
  labels <- ifelse(names(used) == "LLM only", "LLM only (exploratory)", names(used))
  graphics::legend("bottom", legend = labels, col = used, pch = c(16, 15, 4)[match(names(used), names(SOURCES))], horiz = TRUE, bty = "n", cex = 0.85)
}

# Text broken into lines of so many inches
in_lines <- function(text, inches, cex) {
  per_character <- max(graphics::strwidth(text, units = "inches", cex = cex) / nchar(text))
  vapply(strwrap(text, max(8, inches / per_character), simplify = FALSE), paste, "", collapse = "\n")
}

#' @export
plot.rectifier_design <- function(x, main = "Standard error for the money", xlab = "cost", ylab = "standard error", ...) {
  if (!length(x$frontier)) stop("this design has no frontier; as.data.frame() has its numbers", call. = FALSE)
  frontier <- rows_from(x$frontier)
  frontier <- frontier[order(frontier$cost), ]
  alone <- x$human_only
  one <- if (!is.null(alone$standard_error)) alone$standard_error * sqrt(alone$cost / frontier$cost) else rep(NA_real_, nrow(frontier))
  ylim <- range(c(frontier$standard_error, one, x$design$standard_error), na.rm = TRUE)
  drawn(graphics::plot, frontier$cost, frontier$standard_error, type = "b", pch = 16, col = SOURCES[1], log = "xy", ylim = ylim,
    xlab = xlab, ylab = ylab, main = main, bty = "n", las = 1, given = list(...))
  graphics::lines(frontier$cost, one, col = SOURCES[2], lty = 2)
  graphics::points(x$design$cost, x$design$standard_error, pch = 1, cex = 2.2, lwd = 2, col = SOURCES[1])
  graphics::legend("topright", legend = c("humans and LLM answers", "this design", "humans alone"), col = SOURCES[c(1, 1, 2)],
    pch = c(16, 1, NA), lty = c(1, NA, 2), bty = "n", cex = 0.85)
  invisible(x)
}

#' @export
plot.rectifier_track_record <- function(x, main = NULL, xlab = "effect", ...) {
  rows <- tidy(x)
  rows <- rows[!(is.na(rows$estimate) & is.na(rows$conf.low)), ]
  labels <- c(llm_only = "LLM only", random_effects = "random effects", conformal = "conformal")[rows$term]
  y <- -seq_len(nrow(rows))
  limits <- grDevices::extendrange(stats::na.omit(c(rows$estimate, rows$conf.low, rows$conf.high, 0)), f = 0.06)
  old <- graphics::par(mai = c(0.9, 1.6, 0.7, 0.2), las = 1)
  on.exit(graphics::par(old))
  drawn(graphics::plot, NA, xlim = limits, ylim = c(-nrow(rows) - 0.5, -0.5), yaxt = "n", ylab = "", xlab = xlab, bty = "n", cex.main = 1,
    main = if (is.null(main)) paste0(x$name, " (", gsub("_", " ", x$claim), ")") else main, given = list(...))
  graphics::abline(v = 0, lty = 3, col = "grey50")
  graphics::axis(2, at = y, labels = labels, tick = FALSE)
  graphics::segments(rows$conf.low, y, rows$conf.high, y, lwd = 2, col = SOURCES[1])
  graphics::points(rows$estimate, y, pch = ifelse(rows$term == "llm_only", 4, 16), col = SOURCES[ifelse(rows$term == "llm_only", 3, 1)])
  invisible(x)
}

#' @export
plot.rectifier_diagnosis <- function(x, main = NULL, ...) {
  frame <- rows_from(x$checks)
  order <- c("pass", "not_testable", "warn", "fail")
  shares <- table(factor(frame$name, unique(frame$name)), factor(frame$status, order))
  shares <- shares[rev(seq_len(nrow(shares))), , drop = FALSE]
  old <- graphics::par(mai = c(0.8, 2.2, 1, 0.2), las = 1)
  on.exit(graphics::par(old))
  colours <- c("#3b7d4f", "#c9cdd2", "#e0a030", "#b3261e")
  drawn(graphics::barplot, t(shares), horiz = TRUE, col = colours, border = NA, xlab = "checks", cex.main = 1, xaxt = "n",
    main = if (is.null(main)) paste0("May these LLM answers be relied on? ", gsub("_", " ", x$summary), "\n") else main, names.arg = gsub("_", " ", rownames(shares)), given = list(...))
  graphics::axis(1, at = unique(round(pretty(c(0, rowSums(shares))))))
  graphics::legend(0, graphics::par("usr")[4], yjust = 0, xpd = TRUE, horiz = TRUE, legend = gsub("_", " ", order), fill = colours, border = NA, bty = "n", cex = 0.85)
  invisible(x)
}

#' @export
plot.rectifier_screening <- function(x, main = "What the LLM's evidence gives each hypothesis", ...) {
  rows <- tidy(x)
  rows <- rows[rev(order(rows$weight, decreasing = TRUE)), ]
  colour <- ifelse(is.na(rows$rejected), "#c9cdd2", ifelse(rows$rejected, SOURCES[1], SOURCES[2]))
  drawn(graphics::dotchart, rows$weight, labels = rows$term, bg = colour, pch = 21, xlab = "weight", main = main, cex.main = 1, given = list(...))
  graphics::abline(v = 1, lty = 3, col = "grey50")
  graphics::legend("bottomright", legend = c("rejected", "not rejected", "not yet run"), pt.bg = c(SOURCES[1:2], "#c9cdd2"), pch = 21, bty = "n", cex = 0.85)
  invisible(x)
}
