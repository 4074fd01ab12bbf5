# R values as JSON text. jsonlite writes at most 15 significant digits; here every double survives the trip.

as_array <- function(x) {
  class(x) <- c("rectifier_array", setdiff(class(x), c("numeric", "integer", "character", "logical", "list")))
  x
}

encode <- function(x) {
  if (is.null(x)) return("null")
  if (is.function(x) || is.environment(x) || is.language(x) || isS4(x)) {
    refuse("unsupported_type", paste0("a ", class(x)[1], " cannot be sent"), "lists, vectors and data frames can")
  }
  if (is.data.frame(x)) {
    return(encode_object(lapply(stats::setNames(names(x), names(x)), function(name) wire_column(x[[name]], "answer", name))))
  }
  if (is.factor(x)) x <- stats::setNames(as.character(x), names(x))
  if (inherits(x, "Date")) x <- stats::setNames(format(x), names(x))
  if (is.matrix(x)) return(encode_list(lapply(seq_len(nrow(x)), function(i) as_array(unname(x[i, ])))))
  boxed <- inherits(x, c("rectifier_array", "AsIs"))
  if (is.list(x)) {
    x <- unclass(x)
    if (is.null(names(x))) encode_list(x) else encode_object(x)
  } else if (!is.null(names(x)) && !boxed) {
    encode_object(as.list(x))
  } else {
    encode_atomic(x, boxed || length(x) != 1L)
  }
}

encode_list <- function(x) paste0("[", paste(vapply(x, encode, ""), collapse = ","), "]")

encode_object <- function(x) {
  if (!length(x)) return("{}")
  if (anyNA(names(x)) || !all(nzchar(names(x)))) {
    refuse("unnamed_field", "a list has names for some of its entries only", "name all of them, or none")
  }
  paste0("{", paste0(encode_text(names(x)), ":", vapply(x, encode, ""), collapse = ","), "}")
}

encode_atomic <- function(x, array) {
  x <- plain(x, "value", "a value")
  text <- if (is.logical(x)) ifelse(x, "true", "false") else if (is.character(x)) encode_text(x) else number_text(x)
  text[is.na(x)] <- "null"
  if (array) paste0("[", paste(text, collapse = ","), "]") else text
}

encode_text <- function(x) {
  # one string each: jsonlite does the escaping, a character that it escapes itself keeps them apart
  if (!length(x)) return(character())
  x <- enc2utf8(as.character(x))
  special <- grepl("[\"\\\\/]|[[:cntrl:]]", x)
  text <- paste0("\"", x, "\"")
  text[special] <- vapply(x[special], function(one) as.character(jsonlite::toJSON(jsonlite::unbox(one))), "")
  text
}

# The shortest of 15 and 17 significant digits that is the same double again
number_text <- function(x) {
  if (is.integer(x)) return(as.character(x))
  if (any(is.infinite(x))) refuse("not_finite", "a number is infinite", "JSON has no infinity; NA is sent as missing")
  text <- sprintf("%.15g", x)
  known <- which(!is.na(x))
  back <- as.numeric(jsonlite::parse_json(paste0("[", paste(text[known], collapse = ","), "]"), simplifyVector = TRUE))
  inexact <- known[back != x[known]]
  text[inexact] <- sprintf("%.17g", x[inexact])
  text
}

# Columns of many values as bytes: smaller and quicker, and the same numbers
binary_from <- function() getOption("rectifier.binary_from", 1000)

binary_numbers <- function(x) {
  list(dtype = "<f8", data = base64(writeBin(as.double(x), raw(), size = 8, endian = "little")))
}

binary_labels <- function(x) {
  labels <- unique(x[!is.na(x)])
  index <- match(x, labels, nomatch = 0L) - 1L
  size <- if (length(labels) < 128L) 1L else if (length(labels) < 32768L) 2L else 4L
  dtype <- c("|i1", "<i2", NA, "<i4")[size]
  list(dtype = dtype, data = base64(writeBin(index, raw(), size = size, endian = "little")), categories = as_array(labels))
}

base64 <- function(bytes) gsub("[\r\n]", "", jsonlite::base64_enc(bytes))
