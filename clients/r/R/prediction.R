#' @export
prediction <- function(column, model = NULL, arm = NULL, outcome = NULL, category = NULL, draw = NULL, fill = NULL,
                       population_mean = NULL, covariate = NULL) {
  fields <- list(
    column = column, model = model, arm = arm, outcome = outcome, category = category, draw = draw, fill = fill,
    population_mean = population_mean, covariate = covariate
  )
  structure(fields, class = "rectifier_prediction")
}

#' @export
print.rectifier_prediction <- function(x, ...) {
  given <- Filter(Negate(is.null), unclass(x)[-1])
  cat("<prediction> `", x$column, "`", paste0(" ", names(given), "=", vapply(given, format, "")), "\n", sep = "")
  invisible(x)
}

# One name, a named vector (names are models), or a list of prediction()
predictions_of <- function(given) {
  if (is.null(given)) return(list())
  if (inherits(given, "rectifier_prediction")) return(list(given))
  if (is.character(given)) {
    models <- names(given)
    if (is.null(models)) models <- if (length(given) == 1L) "llm" else given
    models[!nzchar(models)] <- given[!nzchar(models)]
    return(unname(Map(function(column, model) prediction(column, model = model), unname(given), unname(models))))
  }
  if (is.list(given) && all(vapply(given, inherits, NA, "rectifier_prediction"))) {
    return(Map(function(each, model) {
      if (is.null(each$model) && nzchar(model)) each$model <- model
      each
    }, unname(given), if (is.null(names(given))) rep("", length(given)) else names(given)))
  }
  refuse("not_predictions", "`predictions` must name columns", "\"gpt\", c(gpt = \"gpt_answer\"), or a list of prediction(\"gpt_control\", model = \"gpt\", arm = \"control\")")
}
