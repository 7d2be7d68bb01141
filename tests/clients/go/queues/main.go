// What a user of the Go SDK v2 does with a queue; every step ends the program when it is wrong.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

func must[T any](value T, err error) T {
	check(err == nil, err)
	return value
}

func check(right bool, shown any) {
	if !right {
		log.Output(2, fmt.Sprintf("wrong: %v", shown))
		os.Exit(1)
	}
}

func main() {
	log.SetFlags(log.Lshortfile)
	ctx := context.Background()
	client := sqs.NewFromConfig(must(config.LoadDefaultConfig(ctx)))

	created := must(client.CreateQueue(ctx, &sqs.CreateQueueInput{
		QueueName:  aws.String("orders"),
		Attributes: map[string]string{"VisibilityTimeout": "20"},
	}))
	url := created.QueueUrl
	check(strings.HasPrefix(*url, os.Getenv("AWS_ENDPOINT_URL")), *url)
	found := must(client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String("orders")}))
	check(*found.QueueUrl == *url, *found.QueueUrl)
	pages := sqs.NewListQueuesPaginator(client, &sqs.ListQueuesInput{MaxResults: aws.Int32(1)})
	listed := must(pages.NextPage(ctx)).QueueUrls
	check(len(listed) == 1 && listed[0] == *url && !pages.HasMorePages(), listed)

	messages(ctx, client, url)
	batches(ctx, client, url)
	attributes(ctx, client, url)

	_, err := client.DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: url})
	check(err == nil, err)
	_, err = client.SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl: url, MessageBody: aws.String("late"),
	})
	var missing *types.QueueDoesNotExist
	check(errors.As(err, &missing), err)
	fmt.Println("queues: right")
}

// The SDK checks the MD5 of bodies on send and receive by itself.
func messages(ctx context.Context, client *sqs.Client, url *string) {
	sent := must(client.SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl: url, MessageBody: aws.String("héllo\r\n✓"),
		MessageAttributes: map[string]types.MessageAttributeValue{
			"text":  {DataType: aws.String("String"), StringValue: aws.String("a")},
			"bytes": {DataType: aws.String("Binary"), BinaryValue: []byte{0, 255}},
		},
	}))
	received := must(client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: url, WaitTimeSeconds: 5, MessageAttributeNames: []string{"All"},
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"},
	}))
	check(len(received.Messages) == 1, received.Messages)
	message := received.Messages[0]
	check(*message.MessageId == *sent.MessageId, *message.MessageId)
	check(*message.Body == "héllo\r\n✓", *message.Body)
	check(string(message.MessageAttributes["bytes"].BinaryValue) == "\x00\xff", "bytes")
	check(*message.MD5OfMessageAttributes == *sent.MD5OfMessageAttributes, "MD5 of attributes")
	check(message.Attributes["ApproximateReceiveCount"] == "1", message.Attributes)

	must(client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
		QueueUrl: url, ReceiptHandle: message.ReceiptHandle, VisibilityTimeout: 0,
	}))
	again := must(client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: url, WaitTimeSeconds: 5,
	}))
	check(len(again.Messages) == 1, again.Messages)
	must(client.DeleteMessage(ctx, &sqs.DeleteMessageInput{
		QueueUrl: url, ReceiptHandle: again.Messages[0].ReceiptHandle,
	}))
	empty := must(client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: url}))
	check(len(empty.Messages) == 0, empty.Messages)
}

func batches(ctx context.Context, client *sqs.Client, url *string) {
	entries := []types.SendMessageBatchRequestEntry{}
	for _, id := range []string{"a", "b", "c"} {
		entries = append(entries, types.SendMessageBatchRequestEntry{
			Id: aws.String(id), MessageBody: aws.String("body " + id),
		})
	}
	sent := must(client.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{
		QueueUrl: url, Entries: entries,
	}))
	check(len(sent.Successful) == 3 && len(sent.Failed) == 0, sent)
	received := must(client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: url, MaxNumberOfMessages: 10, WaitTimeSeconds: 5,
	}))
	bodies := []string{}
	deletes := []types.DeleteMessageBatchRequestEntry{}
	for number, message := range received.Messages {
		bodies = append(bodies, *message.Body)
		deletes = append(deletes, types.DeleteMessageBatchRequestEntry{
			Id: aws.String(fmt.Sprint(number)), ReceiptHandle: message.ReceiptHandle,
		})
	}
	check(strings.Join(bodies, ",") == "body a,body b,body c", bodies)
	deletes = append(deletes, types.DeleteMessageBatchRequestEntry{
		Id: aws.String("wrong"), ReceiptHandle: aws.String("no handle"),
	})
	deleted := must(client.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{
		QueueUrl: url, Entries: deletes,
	}))
	check(len(deleted.Successful) == 3 && len(deleted.Failed) == 1, deleted)
	failed := deleted.Failed[0]
	check(*failed.Code == "ReceiptHandleIsInvalid" && failed.SenderFault, *failed.Code)
}

func attributes(ctx context.Context, client *sqs.Client, url *string) {
	must(client.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{
		QueueUrl: url, Attributes: map[string]string{"DelaySeconds": "1"},
	}))
	got := must(client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll},
	})).Attributes
	check(got["DelaySeconds"] == "1" && got["ApproximateNumberOfMessages"] == "0", got)
	must(client.PurgeQueue(ctx, &sqs.PurgeQueueInput{QueueUrl: url}))
	_, err := client.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{
		QueueUrl: url, Attributes: map[string]string{"DelaySeconds": "901"},
	})
	var invalid *types.InvalidAttributeValue
	check(errors.As(err, &invalid), err)
}
