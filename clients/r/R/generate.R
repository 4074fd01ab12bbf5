# The gateway: personas, conditions and questions in, LLM answers out

#' @export
item <- function(name, type, text, options = NULL, ...) {
  if (is.atomic(options) && !is.null(options)) {
    codes <- if (is.null(names(options))) seq_along(options) else names(options)
    if (type != "likert" && is.null(names(options))) codes <- options
    options <- unname(Map(function(code, label) list(code = code, label = as.character(label)), codes, options))
  }
  structure(given(name = name, type = type, text = text, options = options, ...), class = "rectifier_item")
}

#' @export
generate <- function(personas, items, models = "simulated", elicitation = "decision", arms = NULL, template = NULL,
                     unit = "unit_id", arm = NULL, human = NULL, output = "calibration", ..., plan_only = FALSE,
                     url = rectifier_gateway_url(), key = rectifier_key(), upstream_key = NULL, timeout = 3600) {
  body <- given(
    personas = personas_of(personas, unit, arm, human), items = items_of(items), models = models_of(models),
    elicitation = if (is.character(elicitation)) list(method = elicitation) else elicitation, arms = arm_texts(arms),
    template = if (is.null(template)) NULL else as.list(template), output = output, ...
  )
  headers <- given(`X-Upstream-Key` = upstream_key, Accept = if (plan_only) "application/json" else "application/x-ndjson")
  path <- if (plan_only) "/v1/generations/plan" else "/v1/generations"
  reply <- sent(path, body, list(), url, key, timeout, headers)
  if (plan_only) parsed(reply) else generation_of(reply, !is.null(arm))
}

personas_of <- function(data, unit, arm, human) {
  if (!is.data.frame(data)) return(data)
  data <- as.data.frame(data)
  if (!nrow(data)) refuse("no_rows", "`personas` has no rows", "one row per persona")
  units <- if (unit %in% names(data)) as_labels(plain(data[[unit]], "unit", unit)) else as.character(seq_len(nrow(data)))
  arms <- if (!is.null(arm)) labels_of(data, arm, "arm")
  asked <- if (!is.null(human)) column_of(data, human, "flag", "human")
  shown <- lapply(data[setdiff(names(data), c(unit, arm, human))], function(x) if (is.factor(x)) as.character(x) else x)
  shown <- Map(function(x, name) plain(x, "answer", name), shown, names(shown))
  lapply(seq_along(units), function(i) {
    attributes <- lapply(shown, function(x) if (is.na(x[i])) NULL else x[i])
    made <- list(unit_id = units[i])
    if (length(attributes)) made$attributes <- attributes
    c(made, given(arm = if (!is.null(arm) && !is.na(arms[i])) arms[i], human = asked[i]))
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

generation_of <- function(reply, by_arm) {
  lines <- strsplit(reply$text, "\n", fixed = TRUE)[[1]]
  records <- jsonlite::parse_json(paste0("[", paste(lines[nzchar(lines)], collapse = ","), "]"))
  type <- words(records, "type")
  failed <- records[type == "error"]
  if (length(failed)) stop(problem_of_reply(list(text = encode(failed[[1]]$problem), status = failed[[1]]$problem$status), list()))
  end <- records[type == "end"]
  if (!length(end)) stop(problem(reply$status, "cut_off", "the answer broke off before its end; asked again, answered cells come from the cache"))
  made <- list(cells = cell_rows(records[type == "cell"]), end = end[[1]])
  if (!is.null(end[[1]]$data)) made <- c(made, study_frame(end[[1]]$data))
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

# The gateway's table as a data frame with one column per prediction, and prediction() for each
study_frame <- function(data) {
  column <- function(values) unlist(lapply(values, function(v) if (is.null(v)) NA else v))
  frame <- data.frame(unit = column(data$unit), human = column(data$human))
  if (!is.null(data$arm)) frame$arm <- as.character(column(data$arm))
  for (name in names(data$outcomes)) frame[[name]] <- NA_real_
  several <- length(data$outcomes) > 1L
  predictions <- lapply(data$predictions, function(p) {
    name <- paste(c(if (several) p$outcome, p$model, p$arm, p$category, p$draw), collapse = "_")
    prediction(name, model = p$model, arm = p$arm, outcome = if (several) p$outcome, category = p$category, draw = p$draw)
  })
  for (i in seq_along(predictions)) frame[[predictions[[i]]$column]] <- column(data$predictions[[i]]$values)
  list(frame = frame, predictions = predictions, outcome = names(data$outcomes))
}

#' @export
print.rectifier_generation <- function(x, ...) {
  counts <- unlist(x$end$counts)
  cat("LLM answers: ", paste(counts, names(counts), collapse = ", "), if (isTRUE(x$end$complete)) "" else " (not complete: post it again)", "\n", sep = "")
  if (!is.null(x$end$cost$usd)) cat("Cost: ", format(x$end$cost$usd), " US dollars\n", sep = "")
  if (!is.null(x$frame)) {
    cat("$frame: ", nrow(x$frame), " units; fill ", listed(x$outcome), " with the human answers, then\n",
      "calibrate(frame, ", encode_text(x$outcome[1]), ", predictions = $predictions", if (!is.null(x$frame$arm)) ", arm = \"arm\"", ")\n", sep = "")
  }
  invisible(x)
}

#' @export
as.data.frame.rectifier_generation <- function(x, row.names = NULL, optional = FALSE, ...) x$cells
