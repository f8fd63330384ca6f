//! Parses an expression (cel-go, parser/parser.go). Only the first error of syntax is reported: ANTLR's recovery from
//! one is not imitated.
use super::{
    ast::{Call, Entry, Expr, Field, Item, Kind, Literal, operator},
    issue::Issue,
    lexer::{Token, TokenKind, tokens},
    literal, macros,
    nodes::Nodes,
};

/// Words that are not variables, though they can be names of fields.
const RESERVED: [&str; 16] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
];
const OPERAND: &str =
    "'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER";
const RELATIONS: [(&str, &str); 7] = [
    ("<", "_<_"),
    ("<=", "_<=_"),
    (">", "_>_"),
    (">=", "_>=_"),
    ("==", operator::EQUALS),
    ("!=", operator::NOT_EQUALS),
    ("in", operator::IN),
];
const SUMS: [(&str, &str); 2] = [("+", operator::ADD), ("-", "_-_")];
const PRODUCTS: [(&str, &str); 3] = [("*", "_*_"), ("/", "_/_"), ("%", "_%_")];
/// Nesting at which cel-go gives up.
const DEPTH_MAX: usize = 250;

/// A syntax error has been reported.
struct Stop;
type Parsed = Result<Expr, Stop>;

struct Parser {
    tokens: Vec<Token>,
    position: usize,
    depth: usize,
    nodes: Nodes,
    issues: Vec<Issue>,
}

/// Parses a source into a tree and the number of its nodes.
///
/// # Errors
/// The errors found.
pub(super) fn parse(source: &str) -> Result<(Expr, usize), Vec<Issue>> {
    let (tokens, issues) = tokens(source);
    let mut parser = Parser { tokens, position: 0, depth: 0, nodes: Nodes::default(), issues };
    let parsed = parser.expr();
    if parsed.is_ok() && parser.current().kind != TokenKind::End {
        parser.unexpected("<EOF>");
    }
    match parsed {
        Ok(expr) if parser.issues.is_empty() => Ok((expr, parser.nodes.count())),
        _ => Err(parser.issues),
    }
}

impl Parser {
    fn current(&self) -> &Token {
        &self.tokens[self.position]
    }

    fn peek(&self, ahead: usize) -> &Token {
        &self.tokens[(self.position + ahead).min(self.tokens.len() - 1)]
    }

    fn is(&self, symbol: &str) -> bool {
        self.current().kind == TokenKind::Symbol && self.current().text == symbol
    }

    fn eat(&mut self, symbol: &str) -> Option<usize> {
        self.is(symbol).then(|| {
            self.position += 1;
            self.tokens[self.position - 1].at
        })
    }

    fn advance(&mut self) -> Token {
        let token = self.current().clone();
        if token.kind != TokenKind::End {
            self.position += 1;
        }
        token
    }

    fn issue(&mut self, at: usize, message: impl Into<String>) {
        self.issues.push(Issue::new(at, message));
    }

    /// Reports the current token. It is extraneous if what is expected comes after it.
    fn unexpected(&mut self, expected: &str) -> Stop {
        let (token, next) = (self.current().clone(), self.peek(1).clone());
        let next_fits = match expected {
            "<EOF>" => next.kind == TokenKind::End,
            "operand" => starts_operand(&next),
            symbol => next.kind == TokenKind::Symbol && format!("'{}'", next.text) == symbol,
        };
        let what = if token.kind != TokenKind::End && next_fits { "extraneous" } else { "mismatched" };
        let expected = if expected == "operand" { format!("{{{OPERAND}}}") } else { expected.to_owned() };
        self.issue(token.at, format!("Syntax error: {what} input '{}' expecting {expected}", token.text));
        Stop
    }

    /// Reports that a symbol is missing, if the current token could follow it.
    fn missing(&mut self, symbol: &str) -> Stop {
        let token = self.current().clone();
        if !starts_operand(&token) {
            return self.unexpected(&format!("'{symbol}'"));
        }
        self.issue(token.at, format!("Syntax error: missing '{symbol}' at '{}'", token.text));
        Stop
    }

    /// Reads a closing symbol. It is missing if the current token could follow it.
    fn close(&mut self, symbol: &str) -> Result<(), Stop> {
        if self.eat(symbol).is_some() {
            return Ok(());
        }
        let token = self.current().clone();
        let follows = token.kind == TokenKind::End
            || token.kind == TokenKind::Symbol && !matches!(token.text.as_str(), "(" | "{" | "!" | "true" | "false");
        if symbol == ")" && follows {
            self.issue(token.at, format!("Syntax error: missing '{symbol}' at '{}'", token.text));
            return Err(Stop);
        }
        Err(self.unexpected(&format!("'{symbol}'")))
    }

    fn expr(&mut self) -> Parsed {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            let at = self.current().at;
            self.issue(at, format!("expression recursion limit exceeded: {DEPTH_MAX}"));
            return Err(Stop);
        }
        let condition = self.disjunction()?;
        let expr = match self.eat("?") {
            None => condition,
            Some(at) => {
                let yes = self.disjunction()?;
                if self.eat(":").is_none() {
                    return Err(self.unexpected("':'"));
                }
                let no = self.expr()?;
                self.nodes.call(at, operator::CONDITIONAL, vec![condition, yes, no])
            }
        };
        self.depth -= 1;
        Ok(expr)
    }

    fn disjunction(&mut self) -> Parsed {
        let mut left = self.conjunction()?;
        while let Some(at) = self.eat("||") {
            let right = self.conjunction()?;
            left = self.nodes.call(at, operator::OR, vec![left, right]);
        }
        Ok(left)
    }

    fn conjunction(&mut self) -> Parsed {
        let mut left = self.relation()?;
        while let Some(at) = self.eat("&&") {
            let right = self.relation()?;
            left = self.nodes.call(at, operator::AND, vec![left, right]);
        }
        Ok(left)
    }

    fn relation(&mut self) -> Parsed {
        self.binary(&RELATIONS, |parser| parser.binary(&SUMS, |parser| parser.binary(&PRODUCTS, Self::unary)))
    }

    fn binary(&mut self, operators: &[(&str, &str)], below: impl Fn(&mut Self) -> Parsed) -> Parsed {
        let mut left = below(self)?;
        while let Some((at, function)) =
            operators.iter().find_map(|(symbol, function)| self.eat(symbol).map(|at| (at, function)))
        {
            let right = below(self)?;
            left = self.nodes.call(at, function, vec![left, right]);
        }
        Ok(left)
    }

    fn unary(&mut self) -> Parsed {
        let symbol = if self.is("!") { "!" } else { "-" };
        let is_number = |token: &Token| matches!(token.kind, TokenKind::Int | TokenKind::Float);
        if !self.is(symbol) || (symbol == "-" && is_number(self.peek(1))) {
            return self.member();
        }
        let at = self.current().at;
        let mut count = 0;
        while self.eat(symbol).is_some() {
            count += 1;
        }
        let operand = self.member()?;
        let function = if symbol == "!" { operator::NOT } else { operator::NEGATE };
        Ok(if count % 2 == 0 { operand } else { self.nodes.call(at, function, vec![operand]) })
    }

    fn member(&mut self) -> Parsed {
        let mut expr = self.primary()?;
        loop {
            if let Some(at) = self.eat(".") {
                expr = self.select(expr, at)?;
            } else if let Some(at) = self.eat("[") {
                let function = if self.eat("?").is_some() { operator::OPT_INDEX } else { operator::INDEX };
                let index = self.expr()?;
                self.close("]")?;
                expr = self.nodes.call(at, function, vec![expr, index]);
            } else if let (true, Some(name)) = (self.is("{"), qualified(&expr)) {
                let at = self.current().at;
                self.position += 1;
                let fields = self.fields()?;
                expr = self.nodes.node(at, Kind::Message(name, fields));
            } else {
                return Ok(expr);
            }
        }
    }

    fn select(&mut self, operand: Expr, at: usize) -> Parsed {
        let optional = self.eat("?").is_some();
        let name = self.current().clone();
        let field = match name.kind {
            TokenKind::Ident => name.text.clone(),
            TokenKind::Escaped => {
                self.issue(name.at, "unsupported syntax: '`'");
                name.text.clone()
            }
            _ => {
                let text = if name.kind == TokenKind::End { "" } else { &name.text };
                let message = format!("Syntax error: no viable alternative at input '.{text}'");
                self.issue(name.at, message);
                return Err(Stop);
            }
        };
        self.position += 1;
        if optional {
            let field = self.nodes.node(name.at, Kind::Literal(Literal::String(field)));
            return Ok(self.nodes.call(at, operator::OPT_SELECT, vec![operand, field]));
        }
        let Some(open) = self.eat("(") else {
            return Ok(self.nodes.node(at, Kind::Select(Box::new(operand), field)));
        };
        let args = self.arguments()?;
        Ok(self.called(open, field, Some(operand), args))
    }

    fn called(&mut self, at: usize, function: String, target: Option<Expr>, args: Vec<Expr>) -> Expr {
        match macros::expand(&mut self.nodes, at, &function, target, args) {
            Ok(macros::Expanded::Yes(expr)) => expr,
            Ok(macros::Expanded::No(target, args)) => {
                self.nodes.node(at, Kind::Call(Call { function, target: target.map(Box::new), args }))
            }
            Err(issue) => {
                let at = issue.at;
                self.issues.push(issue);
                self.nodes.node(at, Kind::Literal(Literal::Null))
            }
        }
    }

    fn arguments(&mut self) -> Result<Vec<Expr>, Stop> {
        let mut args = Vec::new();
        if self.eat(")").is_some() {
            return Ok(args);
        }
        loop {
            args.push(self.expr()?);
            if self.eat(",").is_none() {
                self.close(")")?;
                return Ok(args);
            }
        }
    }

    fn fields(&mut self) -> Result<Vec<Field>, Stop> {
        let mut fields = Vec::new();
        while self.eat("}").is_none() {
            let optional = self.eat("?").is_some();
            let name = self.advance().text;
            let Some(at) = self.eat(":") else { return Err(self.unexpected("':'")) };
            let value = self.expr()?;
            fields.push(Field { name, at, value, optional });
            if self.eat(",").is_none() && !self.is("}") {
                return Err(self.unexpected("'}'"));
            }
        }
        Ok(fields)
    }

    fn primary(&mut self) -> Parsed {
        let token = self.current().clone();
        match token.kind {
            TokenKind::Int | TokenKind::Uint | TokenKind::Float | TokenKind::Text | TokenKind::Bytes => {
                self.position += 1;
                Ok(self.literal(&token, token.at, false))
            }
            TokenKind::Ident => self.identifier(""),
            TokenKind::Symbol => match token.text.as_str() {
                "-" if matches!(self.peek(1).kind, TokenKind::Int | TokenKind::Float) => {
                    self.position += 1;
                    let number = self.advance();
                    Ok(self.literal(&number, token.at, true))
                }
                "." if self.peek(1).kind == TokenKind::Ident => {
                    self.position += 1;
                    self.identifier(".")
                }
                "(" => {
                    self.position += 1;
                    let inner = self.expr()?;
                    self.close(")")?;
                    Ok(inner)
                }
                "[" => {
                    self.position += 1;
                    let items = self.items()?;
                    Ok(self.nodes.node(token.at, Kind::List(items)))
                }
                "{" => {
                    self.position += 1;
                    let entries = self.entries()?;
                    Ok(self.nodes.node(token.at, Kind::Map(entries)))
                }
                "true" | "false" | "null" => {
                    self.position += 1;
                    let literal = match token.text.as_str() {
                        "null" => Literal::Null,
                        word => Literal::Bool(word == "true"),
                    };
                    Ok(self.nodes.node(token.at, Kind::Literal(literal)))
                }
                _ => Err(self.unexpected("operand")),
            },
            TokenKind::Escaped | TokenKind::End => Err(self.unexpected("operand")),
        }
    }

    fn identifier(&mut self, dot: &str) -> Parsed {
        let token = self.advance();
        if RESERVED.contains(&token.text.as_str()) || token.text == "while" {
            self.issue(token.at, format!("reserved identifier: {}", token.text));
        }
        let name = format!("{dot}{}", token.text);
        match self.eat("(") {
            None => Ok(self.nodes.node(token.at, Kind::Ident(name))),
            Some(open) => {
                let args = self.arguments()?;
                Ok(self.called(open, name, None, args))
            }
        }
    }

    fn literal(&mut self, token: &Token, at: usize, negative: bool) -> Expr {
        let value = match token.kind {
            TokenKind::Int => literal::int(&token.text, negative),
            TokenKind::Uint => literal::uint(&token.text),
            TokenKind::Float => literal::double(&token.text, negative),
            TokenKind::Bytes => literal::text(&token.text[1..], true).map(Literal::Bytes),
            _ => literal::text(&token.text, false)
                .map(|text| Literal::String(String::from_utf8_lossy(&text).into_owned())),
        };
        let value = value.unwrap_or_else(|why| {
            self.issue(at, why);
            Literal::Null
        });
        self.nodes.node(at, Kind::Literal(value))
    }

    fn items(&mut self) -> Result<Vec<Item>, Stop> {
        let mut items = Vec::new();
        while self.eat("]").is_none() {
            let optional = self.eat("?").is_some();
            items.push(Item { value: self.expr()?, optional });
            if self.eat(",").is_none() && !self.is("]") {
                return Err(self.unexpected("{']', ','}"));
            }
        }
        Ok(items)
    }

    fn entries(&mut self) -> Result<Vec<Entry>, Stop> {
        let mut entries = Vec::new();
        while self.eat("}").is_none() {
            let optional = self.eat("?").is_some();
            let key = self.expr()?;
            if self.eat(":").is_none() {
                return Err(self.missing(":"));
            }
            let value = self.expr()?;
            entries.push(Entry { key, value, optional });
            if self.eat(",").is_none() && !self.is("}") {
                return Err(self.unexpected("{'}', ','}"));
            }
        }
        Ok(entries)
    }
}

fn starts_operand(token: &Token) -> bool {
    match token.kind {
        TokenKind::Symbol => {
            matches!(token.text.as_str(), "[" | "{" | "(" | "." | "-" | "!" | "true" | "false" | "null")
        }
        kind => !matches!(kind, TokenKind::End | TokenKind::Escaped),
    }
}

/// The name that a chain of identifiers stands for.
pub(super) fn qualified(expr: &Expr) -> Option<String> {
    match &expr.kind {
        Kind::Ident(name) => Some(name.clone()),
        Kind::Select(operand, field) => Some(format!("{}.{field}", qualified(operand)?)),
        _ => None,
    }
}
