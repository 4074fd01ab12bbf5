wired <- function(x, role = "answer") encode(wire_column(x, role, "x"))

integer64 <- function(high, low) {
  bytes <- writeBin(as.integer(c(rbind(low, high))), raw(), endian = "little")
  structure(readBin(bytes, "double", length(high), endian = "little"), class = "integer64")
}

test_that("types of R become numbers or text", {
  expect_identical(wired(c(TRUE, NA, FALSE)), "[1,null,0]")
  expect_identical(wired(3L), "[3]")
  expect_identical(wired(factor(c("b", NA, "a"))), "[\"b\",null,\"a\"]")
  expect_identical(wired(structure(c(1, 2), class = "units")), "[1,2]")
  expect_identical(wired(c(0, 1, NA), "label"), "[\"0\",\"1\",null]")
  expect_identical(wired(c(TRUE, FALSE), "group"), "[\"TRUE\",\"FALSE\"]")
  expect_identical(wired(c(1, 100000), "unit"), "[\"1\",\"100000\"]")
  expect_identical(wired(c(1, 0), "flag"), "[true,false]")
  expect_identical(wired(100000L, "label"), "[\"100000\"]")
  expect_identical(wired(scale(c(1, 3), scale = FALSE)), "[-1,1]")
})

test_that("empty text is missing, as read.csv leaves it", {
  expect_identical(wired(c("a", "", NA)), "[\"a\",null,null]")
  expect_identical(wired(factor(c("a", "")), "label"), "[\"a\",null]")
  expect_identical(encode(list(text = "")), "{\"text\":\"\"}")
})

test_that("labelled vectors give labels where names are wanted, and declared missing values are missing", {
  x <- structure(c(1, 2, 9, NA), labels = c(control = 1, letter = 2, refused = 9), na_values = 9, class = c("haven_labelled_spss", "haven_labelled", "vctrs_vctr", "double"))
  expect_identical(wired(x), "[1,2,null,null]")
  expect_identical(wired(x, "label"), "[\"control\",\"letter\",null,null]")
})

test_that("64-bit integers are themselves up to 2^53 and refused beyond", {
  expect_identical(wired(integer64(c(0L, 1L, -1L, NA), c(7L, 2L, -5L, 0L))), "[7,4294967298,-5,null]")
  expect_identical(wired(integer64(2097152L, 0L)), "[9007199254740992]")
  expect_identical(code_of(wired(integer64(2097152L, 1L))), "integer_overflow")
  expect_identical(code_of(wired(c(1, 2^60), "group")), "integer_overflow")
  expect_identical(wired(2^60), "[1.152921504606847e+18]")
})

test_that("what cannot be a column is refused by name and row", {
  refusal <- tryCatch(wire_column(c(1, Inf, -Inf), "answer", "trust"), rectifier_problem = identity)
  expect_match(conditionMessage(refusal), "`trust` is infinite in rows 2, 3", fixed = TRUE)
  expect_identical(refusal$status, NA_integer_)
  expect_identical(code_of(wired(as.Date("2026-01-01"))), "unsupported_type")
  expect_identical(code_of(wired(list(1, 2))), "unsupported_type")
  expect_identical(code_of(wired(matrix(1:4, 2))), "unsupported_type")
  expect_identical(code_of(wired(1i)), "unsupported_type")
  period <- methods::setClass("Period", contains = "numeric", slots = c(minute = "numeric"), where = globalenv())
  expect_identical(code_of(wired(period(20, minute = 2))), "unsupported_type") # its number is the seconds alone
  expect_identical(code_of(wired(`Encoding<-`("\xff\xfe", "UTF-8"))), "not_utf8")
  expect_identical(code_of(wired(factor(`Encoding<-`("\xff\xfe", "bytes")))), "not_utf8")
  expect_identical(code_of(wired("a", "number")), "not_numeric")
  expect_identical(code_of(wired(c(TRUE, NA), "flag")), "not_logical")
  expect_error(wired(factor(5), "number"), "as.numeric(as.character(x))", fixed = TRUE)
})

test_that("who was asked is TRUE and FALSE or 1 and 0, never text", {
  expect_identical(wired(c(TRUE, FALSE), "flag"), "[true,false]")
  expect_identical(wired(0:1, "flag"), "[false,true]")
  for (x in list(c("0", "1"), factor(0:1))) expect_error(wired(x, "flag"), "`x` holds text.*x == \"1\"")
  for (x in list(c("TRUE", "FALSE"), factor(c(TRUE, FALSE)))) expect_error(wired(x, "flag"), "as.logical(as.character(x))", fixed = TRUE)
  expect_identical(code_of(wired(c("yes", NA), "flag")), "not_logical")
})

test_that("long columns go as bytes", {
  expect_identical(wire_column(as.double(1:1000), "answer", "x")$dtype, "<f8")
  expect_identical(wire_column(rep(c("a", NA), 500), "label", "x")$categories, as_array("a"))
  withr_like <- options(rectifier.binary_from = 5)
  on.exit(options(withr_like))
  expect_identical(wire_column(1:5, "answer", "x")$dtype, "<f8")
})
