# Refusals as R conditions of class rectifier_problem

problem <- function(status, code, detail, errors = NULL, title = NULL, errors_total = nrow(errors), request_id = NA, call = NULL) {
  if (is.null(errors)) errors <- error_rows(list())
  fields <- list(
    message = problem_text(status, code, detail, errors, errors_total), call = call, status = status, code = code,
    title = title, detail = detail, errors = errors, errors_total = errors_total,
    pointers = errors$pointer, details = errors$detail, hints = errors$hint, request_id = request_id
  )
  structure(class = c("rectifier_problem", "error", "condition"), fields)
}

# Refused before anything is sent: status NA
refuse <- function(code, detail, hint = "", column = NA_character_) {
  errors <- data.frame(pointer = NA_character_, code = code, detail = detail, hint = hint, column = column, row = NA_integer_)
  stop(problem(NA_integer_, code, detail, errors))
}

problem_of_reply <- function(reply, places, url = "") {
  if (reply$status < 400L) return(redirected(reply, url))
  document <- tryCatch(jsonlite::parse_json(reply$text), error = function(e) NULL)
  if (!is.list(document) || is.null(document$code)) {
    detail <- paste0("the answer with status ", reply$status, " is not Rectifier's: something else answers at ", url)
    return(problem(reply$status, paste0("http_", reply$status), detail, request_id = reply$request_id))
  }
  if (identical(document$status, 404L)) document$detail <- paste0(document$detail, " (asked: ", url, ")")
  problem_of_document(document, places)
}

redirected <- function(reply, url) {
  detail <- paste0(url, " answers with a redirect", if (!is.null(reply$location)) paste0(" to ", reply$location))
  hint <- "say the address that it leads to; key and data are not sent on to one that you have not named"
  problem(reply$status, "redirected", detail, hinted("redirected", detail, hint))
}

problem_of_document <- function(document, places) {
  errors <- located(error_rows(document$errors), places)
  problem(document$status, document$code, document$detail, errors, document$title, document$errors_total, document$instance)
}

error_rows <- function(errors) {
  field <- function(name) vapply(errors, function(e) if (is.null(e[[name]])) "" else e[[name]], "")
  data.frame(
    pointer = field("pointer"), code = field("code"), detail = field("detail"), hint = field("hint"),
    column = rep(NA_character_, length(errors)), row = rep(NA_integer_, length(errors))
  )
}

# places: names are pointers of columns, values the names of the data frame's columns; rows count from 1 in R, and are those of the
# data frame where they are sent in another order
located <- function(errors, places) {
  for (i in seq_len(nrow(errors))) {
    inside <- names(places)[startsWith(paste0(errors$pointer[i], "/"), paste0(names(places), "/"))]
    if (!length(inside)) next
    deepest <- inside[which.max(nchar(inside))]
    errors$column[i] <- places[[deepest]]
    rest <- substring(errors$pointer[i], nchar(deepest) + 2L)
    if (grepl("^[0-9]+$", rest)) errors$row[i] <- as.integer(rest) + 1L
    if (!is.null(attr(places, "rows"))) errors$row[i] <- attr(places, "rows")[errors$row[i]]
  }
  errors
}

problem_text <- function(status, code, detail, errors, total) {
  many <- max(nrow(errors), total)
  failed <- if (code %in% c("timeout", "cut_off", "not_json", "not_accepted")) "failed" else if (is.na(status)) "not sent" else paste("refused with", status)
  head <- paste0(failed, " (", code, ")", if (many > 1L) paste0(", ", many, " problems"))
  key <- paste(ifelse(is.na(errors$row), errors$pointer, errors$column), errors$code, errors$detail)
  groups <- split(errors, factor(key, unique(key))) # one line for all rows of one trouble
  groups <- groups[order(vapply(groups, nrow, 0L))] # the odd ones first: they are why a column is not what it should be
  lines <- vapply(groups, problem_line, "", code = code)
  if (!nrow(errors)) lines <- paste0("  ", detail, if (code %in% names(HINTS)) paste0("\n    ", HINTS[[code]]))
  room <- getOption("warning.length") - nchar(head) - 100L # R cuts the message of an error off there
  fit <- cumsum(nchar(lines, "bytes") + 1L) <= room | seq_along(lines) == 1L
  paste(c(head, lines[fit], if (!all(fit) || many > nrow(errors)) "  ... more in `errors` of this condition"), collapse = "\n")
}

problem_line <- function(errors, code) {
  first <- errors[1, ]
  rows <- sort(if (anyDuplicated(errors$pointer)) errors$row else unique(errors$row)) # several columns of the wire may be one of R's
  place <- if (is.na(first$column)) first$pointer else paste0("`", first$column, "`", if (length(rows)) paste0(", ", rows_listed(rows)))
  place <- if (is.na(first$pointer) || place == "") "" else paste0(place, ": ")
  hint <- if (first$code %in% names(HINTS) && !is.na(first$column)) HINTS[[first$code]] else first$hint
  paste0("  * ", place, first$detail, if (first$code != code) paste0(" [", first$code, "]"), if (nzchar(hint)) paste0("\n    ", hint)) # not wrapped: hints hold code
}

# What to do in R, where the service can only speak of JSON
HINTS <- list(
  unauthenticated = "Sys.setenv(RECTIFIER_KEY = \"...\"), or `key` in the call",
  number_as_string = "as.numeric(x); of a factor as.numeric(as.character(x)); or, of categories, plan = list(estimand = \"proportions\")",
  wrong_type = "not numbers. A word for a missing answer: read.csv(..., na.strings = ). Numbers stored as a factor: as.numeric(as.character(x)). Words of a scale: match(x, c(\"low\", \"mid\", \"high\")), the lowest first. Categories: plan = list(estimand = \"proportions\")",
  r_logical = "text, not a logical: as.logical(x)",
  missing_arm = "every person needs an arm. If each column of LLM answers is for one arm: prediction(\"gpt_control\", model = \"gpt\", arm = \"control\"); else LLM-only rows need theirs, too, and empty rows at the end of a file are to be left out",
  r_na_string = "text, not a missing value: x[x == \"NA\"] <- NA, then as.numeric(x); or read.csv(..., na.strings = \"NA\")"
)

#' @export
print.rectifier_problem <- function(x, ...) {
  cat("<rectifier_problem> ", conditionMessage(x), "\n", sep = "")
  if (!is.null(x$title)) cat("rectifier_explain(\"", x$code, "\") says more.\n", sep = "")
  invisible(x)
}
