//! What to do next at a vendor: the rule for each situation, and a model of a vendor in which anything goes wrong.

mod cases;
mod model;
mod script;
