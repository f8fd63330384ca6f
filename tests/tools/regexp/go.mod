module regexp

go 1.21
