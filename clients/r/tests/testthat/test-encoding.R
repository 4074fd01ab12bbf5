decode <- function(text) jsonlite::parse_json(text, simplifyVector = TRUE)

test_that("every double is the same double again", {
  set.seed(1)
  x <- c(runif(2000), rnorm(2000) * 10^runif(2000, -300, 300), 1 / 3, 0.1 + 0.2, pi, 2^53, 1e15, 1e22, 5e-324, .Machine$double.xmax, -0.5, 0)
  expect_identical(as.numeric(decode(paste0("[", paste(number_text(x), collapse = ","), "]"))), x)
  expect_identical(number_text(c(0.1, 3, 100000)), c("0.1", "3", "100000"))
})

test_that("missing is null, and lengths and names decide the shape", {
  expect_identical(encode(list(a = NA, b = NULL, c = NaN)), "{\"a\":null,\"b\":null,\"c\":null}")
  expect_identical(encode(list(a = 1L, b = I("x"), c = c(1.5, NA), d = character())), "{\"a\":1,\"b\":[\"x\"],\"c\":[1.5,null],\"d\":[]}")
  expect_identical(encode(list(start = as.Date("2026-03-01"), cutoffs = c(gpt = as.Date("2025-06-01")))), "{\"start\":\"2026-03-01\",\"cutoffs\":{\"gpt\":\"2025-06-01\"}}")
  expect_identical(encode(list(llm = c(gpt = 0.2))), "{\"llm\":{\"gpt\":0.2}}")
  expect_identical(encode(list(TRUE, FALSE, NA)), "[true,false,null]")
  expect_identical(encode(matrix(c(1, 2, 2, 3), 2)), "[[1,2],[2,3]]")
  expect_identical(encode(list(x = data.frame(a = 1, b = factor("u")))), "{\"x\":{\"a\":[1],\"b\":[\"u\"]}}")
})

test_that("text is escaped and UTF-8", {
  x <- c("plain", "quote \" and \\", "line\nbreak\ttab", "caf\u00e9", "a/b", "\u2028")
  expect_identical(decode(encode(x)), x)
  expect_identical(decode(encode(iconv("caf\u00e9", "UTF-8", "latin1"))), "caf\u00e9")
  expect_identical(encode(list(`a"b` = 1)), "{\"a\\\"b\":1}")
})

test_that("what JSON cannot say is refused", {
  expect_identical(code_of(encode(list(x = Inf))), "not_finite")
  expect_identical(code_of(encode(list(x = mean))), "unsupported_type")
  expect_identical(code_of(encode(list(a = 1, 2))), "unnamed_field")
})

test_that("bytes are the column", {
  x <- c(1 / 3, NA, NaN, -1e300)
  back <- readBin(jsonlite::base64_dec(binary_numbers(x)$data), "double", 4, endian = "little")
  expect_identical(is.na(back), is.na(x))
  expect_identical(back[c(1, 4)], x[c(1, 4)])
  labels <- binary_labels(c("b", NA, "a", "b"))
  expect_identical(readBin(jsonlite::base64_dec(labels$data), "integer", 4, size = 1), c(0L, -1L, 1L, 0L))
  many <- binary_labels(as.character(1:200))
  expect_identical(many$dtype, "<i2")
  expect_identical(readBin(jsonlite::base64_dec(many$data), "integer", 200, size = 2, endian = "little"), 0:199)
})

test_that("plans keep lists where the wire has lists", {
  plan <- boxed(list(estimand = list(type = "linear", terms = "age"), contrasts = list("b - a" = c(b = 1, a = -1)), seed = 1))
  expect_identical(encode(plan), "{\"estimand\":{\"type\":\"linear\",\"terms\":[\"age\"]},\"contrasts\":[{\"name\":\"b - a\",\"weights\":{\"b\":1,\"a\":-1}}],\"seed\":1}")
  expect_identical(encode(boxed(list(checks = "leakage"))), "{\"checks\":[\"leakage\"]}")
  expect_identical(encode(boxed(list(target = list(margins = list(sex = c(f = 0.5, m = 0.5), age = 47))))), "{\"target\":{\"margins\":{\"sex\":{\"f\":0.5,\"m\":0.5},\"age\":47}}}")
})
