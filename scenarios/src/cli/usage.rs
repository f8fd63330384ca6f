//! Errors of the command line, where clap's own advice would not help.
use clap::{
    Error,
    error::{ContextKind, ContextValue, ErrorKind},
};

/// The message of an error, as it is printed.
///
/// clap takes a negative number for an option that it does not know, and suggests `-- -1`. No value of this command is
/// negative.
pub fn explained(error: &Error, arguments: &[String]) -> String {
    let unknown = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(unknown)) if error.kind() == ErrorKind::UnknownArgument => unknown,
        _ => return error.render().to_string(),
    };
    let is_negative = |argument: &str| {
        let number = argument.strip_prefix('-');
        number.is_some_and(|number| number.starts_with(|c: char| c.is_ascii_digit()))
    };
    let value = arguments.iter().position(|argument| is_negative(argument) && argument.starts_with(unknown.as_str()));
    let option = value.and_then(|at| arguments.get(at.checked_sub(1)?).map(|option| (option, &arguments[at])));
    match option {
        Some((option, value)) if option.starts_with("--") => {
            let mistake = format!("error: `{value}` is not a value for {option}: it must not be negative");
            mistake + "\n\nFor more information, try '--help'.\n"
        }
        _ => error.render().to_string(),
    }
}
