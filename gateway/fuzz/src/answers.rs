//! The HTTP answers on a connection, read back without the gateway's code.
use serde_json::Value;

/// One answer.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its body, if that is JSON.
    pub body: Option<Value>,
}

impl Answer {
    /// How many signals it says are stored.
    pub fn acknowledged(&self) -> usize {
        let Some(body) = &self.body else { return 0 };
        let stored = |value: &Value| matches!(value["status"].as_str(), Some("created" | "duplicate"));
        let members = body["results"].as_array().into_iter().flatten();
        usize::from(stored(body)) + members.filter(|member| stored(member)).count()
    }

    /// Whether the sender will not send the delivery again.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Reads every answer.
///
/// # Panics
/// If the bytes are not a sequence of complete answers.
pub fn read(bytes: &[u8]) -> Vec<Answer> {
    let mut answers = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let end = rest.windows(4).position(|window| window == b"\r\n\r\n");
        let end = end.unwrap_or_else(|| panic!("half a header: {}", rest.escape_ascii()));
        let head = std::str::from_utf8(&rest[..end]).expect("a header of ASCII").to_ascii_lowercase();
        rest = &rest[end + 4..];
        let status = head.get(9..12).and_then(|status| status.parse().ok());
        let status: u16 = status.unwrap_or_else(|| panic!("not a status: {head}"));
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
        // The answer to HEAD has the length of a body that does not follow.
        let is_next = rest.starts_with(b"HTTP/1.");
        let length: usize = if is_next || rest.is_empty() { 0 } else { length.unwrap_or(0) };
        assert!(length <= rest.len(), "half a body: {head} {}", rest.escape_ascii());
        let (body, after) = rest.split_at(length);
        answers.push(Answer { status, body: serde_json::from_slice(body).ok() });
        rest = after;
    }
    answers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_is_read() {
        let bytes = b"HTTP/1.1 405 Method Not Allowed\r\ncontent-length: 20\r\n\r\n\
            HTTP/1.1 201 Created\r\nContent-Length: 20\r\n\r\n{\"status\":\"created\"}\
            HTTP/1.1 207 Multi-Status\r\ncontent-length: 67\r\n\r\n\
            {\"results\":[{\"status\":\"created\"},{\"status\":\"failed\",\"error\":\"no\"}]}";
        let answers = read(bytes);
        let seen: Vec<_> = answers.iter().map(|answer| (answer.status, answer.acknowledged())).collect();
        assert_eq!(seen, [(405, 0), (201, 1), (207, 1)]);
    }
}
