// Find a work, the order to watch its franchise in, and all films of a year.
//
//	cd sdk/go/example && go run . http://127.0.0.1:8700 "cowboy bebop"
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	kensho "kensho-client"
)

func main() {
	address, title := os.Args[1], os.Args[2]
	settings := kensho.NewConfiguration()
	settings.Servers = kensho.ServerConfigurations{{URL: address}}
	client, ctx := kensho.NewAPIClient(settings), context.Background()

	page, _, err := client.SearchAPI.SearchByTitle(ctx).Q(title).Limit(1).Execute()
	check(err)
	if len(page.Results) == 0 {
		log.Fatalf("nothing is called %s", title)
	}
	best := page.Results[0]
	year := best.GetYear()
	fmt.Printf("%s (%d)\n", best.GetTitle(), year)

	work, _, err := client.AnimeAPI.ReadWork(ctx, best.GetId()).Execute()
	check(err)
	if franchise, ok := work.GetFranchiseOk(); ok && franchise != nil {
		order, _, err := client.FranchisesAPI.OrderFranchise(ctx, franchise.Slug).Execute()
		check(err)
		for _, step := range order.Steps {
			fmt.Printf("  %d. %s\n", step.Position, step.Work.Title)
		}
	}

	found, cursor := 0, ""
	for { // a page says where the next one begins, the last one nothing
		request := client.BrowseAPI.BrowseAllWorks(ctx).Type_("movie").Year(year).Limit(100)
		if cursor != "" {
			request = request.Cursor(cursor)
		}
		films, _, err := request.Execute()
		check(err)
		found += len(films.Works)
		if cursor = films.GetNextCursor(); cursor == "" {
			break
		}
	}
	fmt.Printf("%d films of %d\n", found, year)
}

// check ends the program with what is wrong, as the server says it.
func check(err error) {
	var answer *kensho.GenericOpenAPIError
	if errors.As(err, &answer) {
		if problem, ok := answer.Model().(kensho.Problem); ok {
			log.Fatalf("%s: %s", problem.Title, problem.Detail)
		}
	}
	if err != nil {
		log.Fatal(err)
	}
}
