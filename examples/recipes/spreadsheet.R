# The same in R: read.csv2 expects semicolons and decimal commas; study.csv has commas and points, and text in quotes.
# Rscript examples/recipes/spreadsheet.R spreadsheet.csv > study.csv
file <- commandArgs(trailingOnly = TRUE)[1]
encoding <- if (all(validUTF8(readLines(file, warn = FALSE)))) "UTF-8-BOM" else "windows-1252"
study <- read.csv2(file, fileEncoding = encoding, na.strings = "", check.names = FALSE)
write.csv(study, row.names = FALSE, na = "")
