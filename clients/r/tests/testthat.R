library(testthat)
library(rectifier)

test_check("rectifier")
