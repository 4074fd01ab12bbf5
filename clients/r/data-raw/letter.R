# A made-up study in the shape of a real one: 120 people in two arms, 480 personas, two LLMs under both conditions.
set.seed(8)
n <- 600
human <- seq_len(n) <= 120
age <- sample(18:80, n, TRUE)
sex <- sample(c("f", "m"), n, TRUE)
arm <- sample(rep(c("control", "letter"), n / 2))
temper <- rnorm(n)
truth <- 4 + 0.012 * (age - 45) + temper
likert <- function(x) pmin(7, pmax(1, round(x)))
trust <- likert(truth + 0.5 * (arm == "letter") + rnorm(n, 0, 0.7))
gpt <- function(effect) round(truth * 0.8 + 1.2 + effect + rnorm(n, 0, 0.6), 2)
small <- function(effect) round(truth * 0.4 + 2.5 + effect + rnorm(n, 0, 0.9), 2)
study <- data.frame(
  id = sprintf("u%03d", seq_len(n)), arm = ifelse(human, arm, NA), trust = ifelse(human, trust, NA), age, sex,
  gpt_control = gpt(0), gpt_letter = gpt(1.1), small_control = small(0), small_letter = small(0.6)
)
write.csv(study, "letter.csv", row.names = FALSE, quote = FALSE)
