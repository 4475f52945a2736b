module example

go 1.19

require kensho-client v0.0.0

replace kensho-client => ../client
