# The one place that talks HTTP. httr2 from 0.2.2 on; its own retries differ between versions, so they are made here.

#' @export
rectifier_url <- function() setting("RECTIFIER_URL", "http://localhost:8000")

#' @export
rectifier_key <- function() setting("RECTIFIER_KEY", NULL)

#' @export
rectifier_gateway_url <- function() setting("RECTIFIER_GATEWAY_URL", "http://localhost:8001")

# A variable that is empty is as good as none
setting <- function(name, default) {
  value <- Sys.getenv(name)
  if (nzchar(value)) value else default
}

#' @export
rectifier_post <- function(path, body, query = list(), url = rectifier_url(), key = rectifier_key(), timeout = 60, headers = list()) {
  headers <- as.list(headers)
  reply <- sent(path, body, query, url, key, timeout, headers)
  if (is.null(headers$Accept) || grepl("json", headers$Accept)) return(parsed(reply))
  if (!grepl("[,*]", headers$Accept) && !identical(reply$type, unname(headers$Accept))) {
    stop(problem(reply$status, "not_accepted", paste0("the answer is ", reply$type, ", not ", headers$Accept, ": something else answers at this address")))
  }
  reply$text
}

#' @export
rectifier_get <- function(path, url = rectifier_url(), key = rectifier_key(), timeout = 60) {
  parsed(answered(request_to(url, path, key, timeout, list()), url, list()))
}

sent <- function(path, body, query, url, key, timeout, headers = list(), places = list()) {
  answered(posting(path, body, query, url, key, timeout, headers), url, places)
}

posting <- function(path, body, query, url, key, timeout, headers) {
  request <- request_to(url, path, key, timeout, headers)
  request <- httr2::req_body_raw(request, charToRaw(enc2utf8(text_of(body))), "application/json")
  if (length(query)) do.call(httr2::req_url_query, c(list(request), query)) else request
}

text_of <- function(body) if (is.character(body) && length(body) == 1L) body else encode(body)

request_to <- function(url, path, key, timeout, headers) {
  request <- httr2::request(paste0(sub("/+$", "", url), path))
  if (length(timeout)) request <- httr2::req_timeout(request, timeout)
  request <- httr2::req_user_agent(request, paste0("rectifier-r/", utils::packageVersion("rectifier")))
  request <- httr2::req_error(request, is_error = function(response) FALSE)
  request <- httr2::req_options(request, followlocation = FALSE) # curl would carry key and data to another address
  request <- tried_once(request)
  headers$Accept <- if (is.null(headers$Accept)) "application/json" else headers$Accept
  if (length(key)) headers$`X-API-Key` <- key
  if (".redact" %in% names(formals(httr2::req_headers))) headers$.redact <- c("Authorization", "X-API-Key", "X-Upstream-Key")
  do.call(httr2::req_headers, c(list(request), headers))
}

# httr2 0.2.2 sleeps after the last try, too, for as long as it is told; some versions want two tries at least
tried_once <- function(request) {
  retry <- function(tries) httr2::req_retry(request, max_tries = tries, is_transient = function(response) FALSE, backoff = function(tries) 0)
  tryCatch(retry(1), error = function(e) retry(2))
}

# Busy (503, 429) is waited for as the service asks, up to `rectifier.max_wait` seconds. A broken connection is tried once more,
# unless the reply goes into a file: that is a generation, which was perhaps begun and would be paid for twice.
answered <- function(request, url, places, into = NULL, tries = getOption("rectifier.tries", 4)) {
  for (try in seq_len(max(1, tries))) {
    reply <- once(request, into)
    if (is.null(reply$failure) && !(reply$status %in% c(429L, 503L))) break
    wait <- if (is.null(reply$retry_after)) stats::runif(1, 0, 0.25 * 2^try) else reply$retry_after
    for_good <- !is.null(reply$failure) && (try > 1L || reply$timeout || !is.null(into))
    if (try >= tries || wait > getOption("rectifier.max_wait", 60) || for_good) break
    Sys.sleep(wait)
  }
  if (!is.null(reply$failure)) stop(unreachable(reply, url))
  if (reply$status < 200L || reply$status >= 300L) stop(problem_of_reply(reply, places, url))
  reply
}

once <- function(request, into) {
  response <- tryCatch(httr2::req_perform(request, path = into), error = function(e) e)
  if (inherits(response, "error")) {
    text <- paste(c(conditionMessage(response), if (!is.null(response$parent)) conditionMessage(response$parent)), collapse = ": ")
    return(list(failure = text, timeout = grepl("timed? ?out", text, ignore.case = TRUE)))
  }
  after <- httr2::resp_header(response, "Retry-After")
  status <- httr2::resp_status(response)
  list(
    status = status, text = if (is.null(into) || status >= 300L) text_in(response), request_id = httr2::resp_header(response, "X-Request-Id"),
    location = httr2::resp_header(response, "Location"), type = httr2::resp_content_type(response),
    retry_after = if (!is.null(after) && grepl("^[0-9]+([.][0-9]+)?$", after)) as.numeric(after)
  )
}

text_in <- function(response) {
  text <- rawToChar(tryCatch(httr2::resp_body_raw(response), error = function(e) raw()))
  Encoding(text) <- "UTF-8"
  text
}

unreachable <- function(reply, url) {
  if (reply$timeout) {
    detail <- paste0(url, " did not answer in time")
    return(problem(NA_integer_, "timeout", detail, hinted("timeout", detail, "give `timeout` more seconds, or ask for less")))
  }
  broken <- grepl("transfer closed|recv failure|reset|partial file|empty reply|end of response", reply$failure, ignore.case = TRUE)
  if (broken) {
    detail <- paste0("the connection to ", url, " broke before the answer was whole (", reply$failure, ")")
    return(problem(NA_integer_, "cut_off", detail, hinted("cut_off", detail, "try again; a proxy between may be at fault")))
  }
  detail <- paste0("nothing answers at ", url, " (", reply$failure, ")")
  hint <- "start the service (rectifier serve), or say where it is: Sys.setenv(RECTIFIER_URL = \"https://...\")"
  problem(NA_integer_, "unreachable", detail, hinted("unreachable", detail, hint))
}

hinted <- function(code, detail, hint) {
  data.frame(pointer = NA_character_, code = code, detail = detail, hint = hint, column = NA_character_, row = NA_integer_)
}

parsed <- function(reply) {
  force(reply)
  answer <- tryCatch(jsonlite::parse_json(reply$text), error = function(e) NULL)
  if (is.null(answer)) stop(problem(reply$status, "not_json", "the answer is not JSON: something else answers at this address"))
  answer
}

# An answer with its class; texts as they came and went stand in attr(, "json") and attr(, "request")
answer_of <- function(path, body, class, url, key, timeout, places = attr(study, "places"), study = NULL, reference = attr(study, "control")) {
  body <- text_of(body)
  reply <- sent(path, body, list(), url, key, timeout, places = places)
  answer <- parsed(reply)
  if (!"warnings" %in% names(answer)) stop(problem(reply$status, "not_accepted", "the answer is none of the service's: something else answers at this address"))
  answer <- as_sent(answer, attr(study, "moments_of"))
  structure(answer, class = c(class, "rectifier_answer"), json = reply$text, request = body, path = path, reference = if (length(attr(study, "arms")) > 1L) reference)
}

#' @export
rectifier_report <- function(x, file, url = rectifier_url(), key = rectifier_key(), timeout = 60) {
  if (!inherits(x, "rectifier_answer")) refuse("not_an_answer", "`x` is not an answer of this package", "fit <- calibrate(...)")
  type <- REPORTS[tolower(sub("^.*[.]", "", file))]
  if (is.na(type)) refuse("unsupported_type", paste0("there is no report for `", file, "`"), "a file that ends in .html, .svg or .csv")
  if (type == "text/csv" && inherits(x, "rectifier_track_record")) {
    refuse("unsupported_type", "a track record has no table of the service's", "write.csv(as.data.frame(x), file); or a file that ends in .html or .svg")
  }
  text <- rectifier_post(attr(x, "path"), attr(x, "request"), url = url, key = key, timeout = timeout, headers = list(Accept = type))
  writeLines(enc2utf8(text), file, useBytes = TRUE)
  invisible(file)
}

REPORTS <- c(html = "text/html", svg = "image/svg+xml", csv = "text/csv")

#' @export
rectifier_explain <- function(code, url = rectifier_url(), key = rectifier_key()) {
  entry <- rectifier_get(paste0("/v1/problems/", utils::URLencode(code, reserved = TRUE)), url, key)
  structure(entry, class = "rectifier_explanation")
}

#' @export
print.rectifier_explanation <- function(x, ...) {
  cat(x$code, if (!is.null(x$status)) paste0(" (", x$status, ")"), ": ", x$title, "\n", sep = "")
  cat(strwrap(x$meaning, prefix = "  "), strwrap(paste("Do:", x$action), prefix = "  "), sep = "\n")
  invisible(x)
}

#' @export
rectifier_methods <- function(url = rectifier_url(), key = rectifier_key()) {
  answer <- rectifier_get("/v1/methods", url, key)
  kinds <- Filter(function(cards) is.list(cards) && length(cards) && is.list(cards[[1]]), answer)
  rows <- lapply(names(kinds), function(kind) data.frame(
    kind = kind, name = texts(kinds[[kind]], "name"), title = texts(kinds[[kind]], "title"), formula = texts(kinds[[kind]], "formula")
  ))
  do.call(rbind, rows)
}

texts <- function(entries, field) vapply(entries, function(e) if (is.null(e[[field]])) NA_character_ else as.character(e[[field]]), "")
