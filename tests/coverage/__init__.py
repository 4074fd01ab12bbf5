"""Coverage: do the product's own intervals contain the truth as often as they say?"""
