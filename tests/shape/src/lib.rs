//! What a machine can check of the project's shape: dependencies, import cycles, lengths, words, and that the documents
//! list what the code has.
//!
//! Each rule is a function from a text (or a manifest) to violations, and is itself tried on a sample that breaks it:
//! no rule can pass because it looks at nothing. `project.rs` applies the rules to the project. Layout, warnings and
//! banned calls belong to rustfmt, rustc and clippy.
pub mod dependencies;
pub mod documents;
pub mod files;
pub mod layers;
pub mod module_graph;
pub mod module_tree;
pub mod orphans;
pub mod rules;
pub mod source;
pub mod violation;
pub mod words;
