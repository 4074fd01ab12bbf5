# Nested answers as rows of data frames; null is NA

`%or%` <- function(x, other) if (is.null(x)) other else x

# list(a = 1, b = list(c = 2)) as list(a = 1, b_c = 2); lists without names (of any number of entries) are left out
flat <- function(x, prefix = "") {
  made <- list()
  for (name in names(x)) {
    value <- x[[name]]
    path <- paste0(prefix, name)
    if (is.list(value) && length(value) && !is.null(names(value))) {
      made <- c(made, flat(value, paste0(path, "_")))
    } else if (!is.list(value)) {
      made[path] <- list(if (is.null(value)) NA else value)
    }
  }
  made
}

rows_from <- function(entries, drop = character()) {
  flattened <- lapply(entries, flat)
  columns <- unique(unlist(lapply(flattened, names)))
  # an object that is null somewhere leaves its own name beside the names of its fields
  whole <- columns[vapply(columns, function(name) any(startsWith(columns, paste0(name, "_"))) && all(is.na(unlist(lapply(flattened, `[[`, name)))), NA)]
  columns <- setdiff(columns, c(whole, drop))
  made <- lapply(stats::setNames(columns, columns), function(name) {
    unlist(lapply(flattened, function(row) if (is.null(row[[name]])) NA else row[[name]]))
  })
  frame <- data.frame(made, check.names = FALSE, stringsAsFactors = FALSE)
  if (length(entries)) frame else data.frame()
}

number <- function(x) if (is.null(x)) NA_real_ else as.double(x)
word <- function(x) if (is.null(x)) NA_character_ else as.character(x)
numbers <- function(entries, ...) vapply(entries, function(e) number(at(e, ...)), 0)
words <- function(entries, ...) vapply(entries, function(e) word(at(e, ...)), "")

at <- function(x, ...) {
  for (name in c(...)) x <- if (is.list(x)) x[[name]] else NULL
  x
}

as_tibble_if <- function(frame) {
  if (requireNamespace("tibble", quietly = TRUE)) tibble::as_tibble(frame) else frame
}

# What all subgroups together are called, which no subgroup is
everyone_among <- function(subgroups) setdiff(c("everyone", "everyone together", "all subgroups together"), subgroups)[1]

# Names of estimates: of the name alone, and of what else tells them apart
estimate_names <- function(estimates) {
  parts <- lapply(c("outcome", "name", "component", "subgroup"), function(field) words(estimates, field))
  several <- vapply(parts, function(p) length(unique(p)) > 1L, NA)
  if (!any(several)) several[2] <- TRUE
  parts[[4]][is.na(parts[[4]])] <- everyone_among(parts[[4]])
  shown <- lapply(parts[several], function(p) ifelse(is.na(p), "", p))
  made <- do.call(paste, c(shown, sep = ": "))
  gsub("^(: )+|(: )+$", "", gsub("(: ){2,}", ": ", made))
}
