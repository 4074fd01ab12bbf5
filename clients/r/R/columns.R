# Columns of a data frame as columns of the wire.
# Roles: answer (outcome, prediction, covariate), number (weight, probability), group (cluster, stratum, subgroup),
# label (arm), unit, flag (human).

column_of <- function(data, name, role, argument = role, rows = NULL) {
  if (!is.character(name) || length(name) != 1L || is.na(name) || !nzchar(name)) {
    refuse("not_a_name", paste0("`", argument, "` must be the name of one column"), "for example \"trust\", in quotes")
  }
  found <- sum(names(data) %in% name)
  if (found == 0L) {
    there <- names(data)[!is.na(names(data)) & nzchar(names(data))]
    near <- agrep(name, there, max.distance = 0.3, value = TRUE, ignore.case = TRUE)
    known <- if (length(near)) near else there
    hint <- paste0(if (length(near)) "did you mean " else "columns are ", listed(known), "?"[length(near) > 0])
    nameless <- setdiff(seq_along(data), which(nzchar(names(data)) & !is.na(names(data))))
    if (length(nameless)) hint <- paste0(hint, "; column ", nameless[1], " has no name")
    refuse("no_such_column", paste0("`", argument, "`: there is no column `", name, "`"), hint)
  }
  if (found > 1L) refuse("duplicate_column", paste0("`", name, "` is the name of ", found, " columns"), "names must differ")
  wire_column(data[[name]], role, name, rows)
}

doubles_of <- function(data, name, argument) {
  column_of(data, name, "number", argument)
  as.double(plain(data[[name]], "number", name))
}

labels_of <- function(data, name, argument) {
  column_of(data, name, "label", argument)
  as_labels(plain(data[[name]], "label", name))
}

# rows: in which order they are sent
wire_column <- function(x, role, name, rows = NULL) {
  x <- plain(x, role, name)
  if (!is.null(rows)) x <- x[rows]
  if (role == "flag") return(flags(x, name))
  if (role == "unit" || role == "label") x <- as_labels(x)
  if (role == "group" && is.logical(x)) x <- as_labels(x)
  if (role == "unit") return(as_array(x))
  if (is.logical(x)) x <- as.integer(x)
  if (role == "number" && !is.numeric(x)) {
    refuse("not_numeric", paste0("`", name, "` holds text"), "numbers stored as text or as a factor: as.numeric(as.character(x))", name)
  }
  if (length(x) < binary_from()) return(as_array(unname(x)))
  if (is.numeric(x)) return(binary_numbers(x))
  if (role == "answer") as_array(unname(x)) else binary_labels(x) # text where numbers belong is refused by row
}

# A plain logical, integer, double or character vector without names; NA, NaN and, in columns, empty text are missing
plain <- function(x, role, name) {
  if (inherits(x, "integer64")) return(whole_of_integer64(x, name))
  if (inherits(x, "haven_labelled")) x <- unlabelled(x, role)
  if (is.factor(x)) x <- as.character(x)
  if (is.atomic(x) && NROW(x) == length(x)) dim(x) <- NULL # scale() makes a matrix of one column
  refuse_type(x, name)
  x <- as.vector(unclass(x))
  if (is.character(x)) {
    x <- utf8(x, name)
    if (role != "value") x[!nzchar(x)] <- NA # what read.csv() makes of empty fields
    return(x)
  }
  if (is.numeric(x) && any(is.infinite(x))) {
    refuse("not_finite", paste0("`", name, "` is infinite in ", rows_of(is.infinite(x))), "NA is missing", name)
  }
  if (role %in% c("group", "unit", "label") && is.double(x) && any(abs(x) > 2^53, na.rm = TRUE)) overflow(name, abs(x) > 2^53)
  x
}

refuse_type <- function(x, name) {
  odd <- c("Date", "POSIXt", "difftime", "data.frame")
  if (inherits(x, odd) || isS4(x) || is.list(x) || is.complex(x) || is.raw(x) || !is.null(dim(x)) || !is.atomic(x)) {
    what <- if (is.null(dim(x))) class(x)[1] else "matrix"
    hint <- if (inherits(x, odd) || isS4(x)) "make it numbers first, for example as.numeric()" else "columns are numbers, text, logicals or factors"
    refuse("unsupported_type", paste0("`", name, "` is a ", what), hint, name)
  }
}

utf8 <- function(x, name) {
  # where a container has no locale, enc2utf8() would write a byte beyond ASCII as <c3>
  if (Sys.getlocale("LC_CTYPE") %in% c("C", "POSIX")) Encoding(x[Encoding(x) == "unknown" & validUTF8(x)]) <- "UTF-8"
  x <- enc2utf8(x)
  if (!all(validUTF8(x))) {
    refuse("not_utf8", paste0("`", name, "` is not valid text in ", rows_of(!validUTF8(x))), "read the file with its encoding: fileEncoding = \"latin1\"", name)
  }
  x
}

as_labels <- function(x) {
  if (is.double(x)) ifelse(is.na(x), NA, trimws(ifelse(x == round(x), sprintf("%.0f", x), sprintf("%.15g", x)))) else as.character(x)
}

flags <- function(x, name) {
  if (is.character(x)) {
    hint <- if (all(toupper(x) %in% c("T", "F", "TRUE", "FALSE"))) "as.logical(x); of a factor as.logical(as.character(x))" else "say which text means that a person was asked: x == \"1\""
    refuse("not_logical", paste0("`", name, "` holds text, not TRUE and FALSE or 1 and 0"), hint, name)
  }
  if (anyNA(x) || !(is.logical(x) || all(x %in% c(0, 1)))) {
    refuse("not_logical", paste0("`", name, "` must be TRUE or FALSE in every row"), "TRUE: a person was asked", name)
  }
  as_array(as.logical(x))
}

# integer64 keeps its bits in a double; two halves give the number without the package bit64
whole_of_integer64 <- function(x, name) {
  halves <- readBin(writeBin(as.vector(unclass(x)), raw(), endian = "little"), "integer", 2 * length(x), endian = "little")
  low <- halves[c(TRUE, FALSE)]
  high <- halves[c(FALSE, TRUE)]
  missing <- is.na(high) & !is.na(low) & low == 0L
  low <- ifelse(is.na(low), 2^31, ifelse(low < 0, low + 2^32, low))
  high <- ifelse(is.na(high), -2^31, high)
  value <- high * 2^32 + low
  beyond <- !missing & abs(high) >= 2^21 & !(high == 2^21 & low == 0)
  if (any(beyond)) overflow(name, beyond)
  value[missing] <- NA
  value
}

overflow <- function(name, where) {
  text <- paste0("`", name, "` has whole numbers beyond 2^53 in ", rows_of(where), ", which a double cannot tell apart")
  refuse("integer_overflow", text, "ids are text: read.csv(..., colClasses = c(id = \"character\"))", name)
}

# haven's labelled vectors: declared missing values are missing; labels where every value has one and labels are wanted
unlabelled <- function(x, role) {
  labels <- attr(x, "labels", exact = TRUE)
  user <- attr(x, "na_values", exact = TRUE)
  range <- attr(x, "na_range", exact = TRUE)
  x <- as.vector(unclass(x))
  x[x %in% user] <- NA
  if (!is.null(range)) x[!is.na(x) & x >= range[1] & x <= range[2]] <- NA
  named <- names(labels)[match(x, labels)]
  if (role %in% c("label", "group") && length(labels) && all(is.na(x) | !is.na(named))) named else x
}

rows_of <- function(where) rows_listed(which(where))

rows_listed <- function(rows) {
  more <- if (length(rows) > 5L) paste0(" and ", length(rows) - 5L, " more") else ""
  paste0(if (length(rows) > 1L) "rows " else "row ", paste(utils::head(rows, 5L), collapse = ", "), more)
}

listed <- function(x, most = 8L) {
  text <- paste0("`", utils::head(x, most), "`", collapse = ", ")
  if (length(x) > most) paste0(text, ", ...") else text
}
