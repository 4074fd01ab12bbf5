# The gateway: personas, conditions and questions in, LLM answers out

#' @export
item <- function(name, type, text, options = NULL, ...) {
  if (is.atomic(options) && !is.null(options)) {
    if (is.numeric(options) && !is.null(names(options))) options <- stats::setNames(names(options), options) # as haven has it
    codes <- if (is.null(names(options))) seq_along(options) else names(options)
    if (type != "likert" && is.null(names(options))) codes <- options
    options <- unname(Map(function(code, label) list(code = code, label = as.character(label)), codes, options))
  }
  structure(given(name = name, type = type, text = text, options = options, ...), class = "rectifier_item")
}

#' @export
generate <- function(personas, items, models = "simulated", elicitation = "decision", arms = NULL, template = NULL,
                     unit = NULL, arm = NULL, human = NULL, output = "calibration", ..., plan_only = FALSE,
                     progress = interactive(), url = rectifier_gateway_url(), key = rectifier_key(), upstream_key = NULL,
                     timeout = NULL) {
  items <- items_of(items)
  people <- if (is.data.frame(personas)) people_of(personas, unit, arm, human, words(items, "name"))
  arms <- arm_texts(arms)
  refuse_armless(people, arms, output, ...)
  body <- given(
    personas = if (is.null(people)) personas else personas_of(people), items = items, models = boxed(models_of(models)),
    elicitation = if (is.character(elicitation)) list(method = elicitation) else elicitation, arms = arms,
    template = if (is.null(template)) NULL else as.list(template), output = output
  )
  body <- c(body, boxed(given(...)))
  headers <- given(`X-Upstream-Key` = upstream_keys(upstream_key))
  if (plan_only) return(rectifier_post("/v1/generations/plan", body, list(), url, key, timeout, headers))
  headers$Accept <- "application/x-ndjson"
  streamed(posting("/v1/generations", body, list(), url, key, timeout, headers), url, progress, people)
}

# Records go into a file as they come: what was answered before the connection broke is not lost
streamed <- function(request, url, progress, people) {
  file <- tempfile(fileext = ".ndjson")
  on.exit(unlink(file))
  if (progress) {
    request <- httr2::req_options(request, noprogress = 0L, xferinfofunction = progress_of(file))
    on.exit(message(), add = TRUE)
  }
  tryCatch(answered(request, url, list(), file), rectifier_problem = function(refusal) {
    came <- if (is.na(refusal$status)) records_in(file)
    stop(if (length(came)) broken_off(refusal$detail, came) else refusal)
  })
  generation_of(records_in(file), people)
}

records_in <- function(file) {
  if (!file.exists(file)) return(list())
  lines <- readLines(file, warn = FALSE, encoding = "UTF-8")
  lines <- lines[nzchar(lines)]
  if (length(lines) > 1L && !isTRUE(jsonlite::validate(lines[length(lines)]))) lines <- lines[-length(lines)] # cut off
  parsed(list(status = 200L, text = paste0("[", paste(lines, collapse = ","), "]")))
}

broken_off <- function(why, records) {
  detail <- paste0("the answers broke off before their end (", why, ")")
  hint <- "asked again, answered cells come from the gateway's cache; those that came are in `cells` of this condition"
  with_cells(problem(200L, "cut_off", detail, hinted("cut_off", detail, hint)), records)
}

with_cells <- function(problem, records) {
  problem$cells <- cell_rows(of_type(records, "cell"))
  problem
}

# How far the run is: its last progress record, looked for once a second, on one line of the console
progress_of <- function(file) {
  looked <- 0
  function(down, up) {
    now <- as.numeric(Sys.time())
    if (now < looked + 1) return(TRUE)
    looked <<- now
    told <- last_progress(file)
    if (length(told)) message("\r", told$done, " of ", told$total, if (!is.null(told$usd)) paste0(", ", format(told$usd), " US dollars"), appendLF = FALSE)
    TRUE
  }
}

last_progress <- function(file, bytes = 65536) {
  if (!file.exists(file)) return(NULL)
  size <- file.size(file)
  from <- file(file, "rb")
  on.exit(close(from))
  seek(from, max(0, size - bytes))
  text <- rawToChar(readBin(from, "raw", bytes))
  found <- regmatches(text, gregexpr("\\{\"type\":\"progress\"[^{}]*\\}", text, useBytes = TRUE))[[1]]
  if (length(found)) jsonlite::parse_json(found[length(found)])
}

# "openai=...", or c(openai = "...")
upstream_keys <- function(x) if (is.null(names(x))) x else paste(names(x), x, sep = "=", collapse = ", ")

# Columns with the names of items are what people answered: no LLM is told, and they say who was asked
people_of <- function(data, unit, arm, human, items) {
  data <- as.data.frame(data)
  if (!nrow(data)) refuse("no_rows", "`personas` has no rows", "one row per persona")
  refuse_names(names(data))
  if (is.null(unit) && "unit_id" %in% names(data)) unit <- "unit_id"
  columns <- data[setdiff(names(data), c(unit, arm, human))]
  reserved <- intersect(c("arm", "item"), setdiff(names(columns), items))
  if (length(reserved)) {
    hint <- if (reserved[1] == "arm") "arm = \"arm\" if it holds the arm of the people who answer; else rename or drop it" else "rename or drop it"
    refuse("reserved_name", paste0("`", reserved[1], "` of `personas` cannot be an attribute: templates have {", reserved[1], "} for the study's own"), hint, reserved[1])
  }
  answers <- intersect(items, names(columns))
  answered <- if (length(answers)) humans_of(columns, list(outcome = answers))
  list(
    units = if (is.null(unit)) as.character(seq_len(nrow(data))) else labels_of(data, unit, "unit"),
    arms = if (!is.null(arm)) labels_of(data, arm, "arm"), columns = columns,
    asked = if (is.null(human)) answered else as.logical(column_of(data, human, "flag", "human")),
    shown = Map(function(x, name) plain(x, "answer", name), columns[setdiff(names(columns), answers)], setdiff(names(columns), answers))
  )
}

refuse_names <- function(names) {
  nameless <- which(is.na(names) | !nzchar(names))
  if (length(nameless)) refuse("no_column_name", paste0("column ", nameless[1], " of `personas` has no name"), "names(personas)[...] <- \"...\", or leave it out")
  twice <- names[duplicated(names)]
  if (length(twice)) refuse("duplicate_column", paste0("`", twice[1], "` is the name of ", sum(names == twice[1]), " columns of `personas`"), "names must differ")
}

# With several arms, people's answers are each from one of them, and assigned personas are asked under one
refuse_armless <- function(people, arms, output, assignment = NULL, ...) {
  assigned <- identical(assignment, "assigned")
  needed <- assigned || (identical(output, "calibration") && any(people$asked))
  if (is.null(people) || !is.null(people$arms) || length(arms) < 2L || !needed) return(invisible())
  why <- if (assigned) "every persona is asked under its own" else "people's answers are from one of them"
  refuse("arm_needed", paste0("`arm` is not given, but there are ", length(arms), " arms and ", why), "arm = names the column of `personas` that says which")
}

personas_of <- function(people) {
  lapply(seq_along(people$units), function(i) {
    attributes <- lapply(people$shown, function(x) if (is.na(x[i])) NULL else x[i])
    arm <- people$arms[i]
    c(
      list(unit_id = people$units[i]), if (length(attributes)) list(attributes = attributes),
      given(arm = if (!is.null(arm) && !is.na(arm)) arm, human = people$asked[i])
    )
  })
}

items_of <- function(items) {
  items <- if (inherits(items, "rectifier_item")) list(items) else items
  lapply(items, function(each) if (inherits(each, "rectifier_item")) unclass(each) else each)
}

models_of <- function(models) if (is.character(models)) lapply(unname(models), function(name) list(name = name)) else models

# c(control = "text", treatment = "text")
arm_texts <- function(arms) {
  if (!is.character(arms)) return(arms)
  if (is.null(names(arms))) return(lapply(arms, function(name) list(name = name)))
  unname(Map(function(name, text) list(name = name, text = text), names(arms), arms))
}

of_type <- function(records, type) records[words(records, "type") %in% type]

generation_of <- function(records, people) {
  failed <- of_type(records, "error")
  if (length(failed)) stop(with_cells(problem_of_document(failed[[1]]$problem, list()), records))
  end <- of_type(records, "end")
  if (!length(end)) stop(broken_off("the last record is missing", records))
  made <- list(cells = cell_rows(of_type(records, "cell")), end = end[[1]])
  if (!is.null(end[[1]]$data)) made <- c(made, study_frame(end[[1]]$data, people))
  structure(made, class = "rectifier_generation")
}

cell_rows <- function(cells) {
  value <- lapply(cells, function(cell) cell$value)
  simple <- all(lengths(value) <= 1L)
  frame <- data.frame(
    cell_id = words(cells, "cell_id"), unit_id = words(cells, "unit_id"), arm = words(cells, "arm"), item = words(cells, "item"),
    model = words(cells, "model"), replicate = numbers(cells, "replicate"), status = words(cells, "status"),
    expected = numbers(cells, "expected"), missing = words(cells, "missing"), raw = words(cells, "raw", "text"), usd = numbers(cells, "cost", "usd")
  )
  frame$value <- if (simple) unlist(lapply(value, function(v) if (length(v)) v[[1]] else NA)) else I(value)
  frame$probabilities <- I(lapply(cells, function(cell) unlist(cell$probabilities)))
  frame
}

# The gateway's table as a data frame with what is known of the people and one column per prediction, and prediction() for each
study_frame <- function(data, people) {
  column <- function(values) unlist(lapply(values, function(v) if (is.null(v)) NA else v))
  frame <- data.frame(unit = column(data$unit), human = column(data$human))
  if (!is.null(data$arm)) frame$arm <- as.character(column(data$arm))
  known <- people$columns[match(frame$unit, people$units), , drop = FALSE]
  for (name in names(data$outcomes)) frame[[name]] <- if (name %in% names(known)) known[[name]] else NA_real_
  several <- length(data$outcomes) > 1L
  predictions <- lapply(data$predictions, function(p) {
    name <- paste(c(if (several) p$outcome, p$model, p$arm, p$category, p$draw), collapse = "_")
    prediction(name, model = p$model, arm = p$arm, outcome = if (several) p$outcome, category = p$category, draw = p$draw)
  })
  for (i in seq_along(predictions)) frame[[predictions[[i]]$column]] <- column(data$predictions[[i]]$values)
  known <- told_apart(known[setdiff(names(known), names(data$outcomes))], names(frame))
  for (name in names(known)) frame[[name]] <- known[[name]]
  list(frame = frame, predictions = predictions, outcome = names(data$outcomes))
}

# Columns of the people whose names the frame has for its own are kept under others
told_apart <- function(known, taken) {
  same <- intersect(names(known), taken)
  if (!length(same)) return(known)
  new <- utils::tail(make.unique(c(taken, names(known), paste0("persona_", same)), "_"), length(same))
  names(known)[match(same, names(known))] <- new
  message("`$frame` has columns of its own called ", listed(same, Inf), "; those of `personas` are ", listed(new, Inf), " there")
  known
}

#' @export
print.rectifier_generation <- function(x, ...) {
  counts <- unlist(x$end$counts)
  cat("LLM answers: ", paste(counts, names(counts), collapse = ", "), if (isTRUE(x$end$complete)) "" else " (not complete: post it again)", "\n", sep = "")
  if (!is.null(x$end$cost$usd)) cat("Cost: ", format(x$end$cost$usd), " US dollars\n", sep = "")
  if (!is.null(x$frame)) {
    empty <- x$outcome[vapply(x$frame[x$outcome], function(answers) all(is.na(answers)), NA)]
    cat("$frame: ", nrow(x$frame), " units", if (length(empty)) paste0("; fill ", listed(empty), " with the human answers, then"), "\n",
      "calibrate(frame, ", deparse(x$outcome), ", predictions = $predictions", if (!is.null(x$frame$arm)) ", arm = \"arm\"", ")\n", sep = "")
  }
  invisible(x)
}

#' @export
as.data.frame.rectifier_generation <- function(x, row.names = NULL, optional = FALSE, ...) x$cells
