//! The program that the README shows is compiled, runs, and is the one in `examples/`.

#[path = "../../examples/embed.rs"]
mod example;

#[test]
fn the_embedding_example_runs() {
    example::main().expect("every step of it holds");
}

#[test]
fn the_readme_shows_the_example_as_it_is() {
    let readme = include_str!("../../README.md");
    let shown = readme
        .split("```rust\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next());
    assert_eq!(shown, Some(include_str!("../../examples/embed.rs")));
}
