# The same in R: cells are read as text, so that ids and words stay what they are; all are written in quotes.
# Rscript examples/recipes/spreadsheet.R spreadsheet.csv > study.csv
file <- commandArgs(trailingOnly = TRUE)[1]
encoding <- if (all(validUTF8(readLines(file, warn = FALSE)))) "UTF-8-BOM" else "windows-1252"
study <- read.csv2(file, fileEncoding = encoding, na.strings = "", check.names = FALSE, colClasses = "character")
decimal_comma <- "^\\s*[+-]?(\\d+|\\d{1,3}(\\.\\d{3})+),\\d+\\s*$"
study[] <- lapply(study, function(cells) {
  number <- grepl(decimal_comma, cells, perl = TRUE)
  cells[number] <- chartr(",", ".", gsub(".", "", trimws(cells[number]), fixed = TRUE))
  cells
})
write.csv(study, row.names = FALSE, na = "")
