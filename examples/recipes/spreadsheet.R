# The same in R: read.csv2 expects semicolons and decimal commas; study.csv has commas and points.
# Rscript examples/recipes/spreadsheet.R spreadsheet.csv > study.csv
file <- commandArgs(trailingOnly = TRUE)[1]
study <- read.csv2(file, fileEncoding = "UTF-8-BOM", na.strings = "")
write.csv(study, quote = FALSE, row.names = FALSE, na = "")
