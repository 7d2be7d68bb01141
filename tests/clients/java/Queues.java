// What a user of the Java SDK v2 does with a queue; every step throws when it is wrong.

import java.net.URI;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.DeleteMessageBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;
import software.amazon.awssdk.services.sqs.model.QueueDoesNotExistException;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchRequestEntry;

public final class Queues {
    private final SqsClient sqs;
    private final String url;

    private Queues(SqsClient sqs, String url) {
        this.sqs = sqs;
        this.url = url;
    }

    public static void main(String[] arguments) {
        String endpoint = System.getenv("AWS_ENDPOINT_URL");
        try (SqsClient sqs = SqsClient.builder().endpointOverride(URI.create(endpoint)).build()) {
            String url = sqs.createQueue(r -> r.queueName("orders")
                    .attributes(Map.of(QueueAttributeName.VISIBILITY_TIMEOUT, "20"))).queueUrl();
            check(url.startsWith(endpoint), url);
            check(sqs.getQueueUrl(r -> r.queueName("orders")).queueUrl().equals(url), url);
            List<String> urls = sqs.listQueuesPaginator(r -> r.maxResults(1)).queueUrls().stream().toList();
            check(urls.equals(List.of(url)), urls);
            Queues queues = new Queues(sqs, url);
            queues.messages();
            queues.batches();
            queues.attributes();
            queues.end();
        }
        System.out.println("queues: right");
    }

    private static void check(boolean right, Object shown) {
        if (!right) {
            throw new AssertionError(String.valueOf(shown));
        }
    }

    private List<Message> receive(int waitSeconds) {
        return sqs.receiveMessage(r -> r.queueUrl(url).maxNumberOfMessages(10)
                .waitTimeSeconds(waitSeconds).messageAttributeNames("All")
                .messageSystemAttributeNames(MessageSystemAttributeName.ALL)).messages();
    }

    /** The SDK checks the MD5 of bodies on send and receive by itself. */
    private void messages() {
        SdkBytes bytes = SdkBytes.fromByteArray(new byte[] {0, (byte) 255});
        String id = sqs.sendMessage(r -> r.queueUrl(url).messageBody("héllo\r\n✓").messageAttributes(Map.of(
                "text", MessageAttributeValue.builder().dataType("String").stringValue("a").build(),
                "bytes", MessageAttributeValue.builder().dataType("Binary").binaryValue(bytes).build())))
                .messageId();
        Message message = receive(5).get(0);
        check(message.messageId().equals(id), message);
        check(message.body().equals("héllo\r\n✓"), message);
        check(message.messageAttributes().get("bytes").binaryValue().equals(bytes), message);
        check(message.attributes().get(MessageSystemAttributeName.APPROXIMATE_RECEIVE_COUNT).equals("1"),
                message);
        sqs.changeMessageVisibility(r -> r.queueUrl(url).receiptHandle(message.receiptHandle())
                .visibilityTimeout(0));
        Message again = receive(5).get(0);
        check(again.messageId().equals(id), again);
        sqs.deleteMessage(r -> r.queueUrl(url).receiptHandle(again.receiptHandle()));
        check(receive(0).isEmpty(), "the deleted message came back");
    }

    private void batches() {
        var sent = sqs.sendMessageBatch(r -> r.queueUrl(url).entries(List.of("a", "b", "c").stream()
                .map(id -> SendMessageBatchRequestEntry.builder().id(id).messageBody("body " + id).build())
                .toList()));
        check(sent.successful().size() == 3 && sent.failed().isEmpty(), sent);
        List<Message> three = receive(5);
        check(three.stream().map(Message::body).toList().equals(List.of("body a", "body b", "body c")), three);
        var deleted = sqs.deleteMessageBatch(r -> r.queueUrl(url).entries(three.stream()
                .map(message -> DeleteMessageBatchRequestEntry.builder().id(message.messageId())
                        .receiptHandle(message.receiptHandle()).build())
                .toList()));
        check(deleted.successful().size() == 3, deleted);
    }

    private void attributes() {
        sqs.setQueueAttributes(r -> r.queueUrl(url)
                .attributes(Map.of(QueueAttributeName.DELAY_SECONDS, "1")));
        var attributes = sqs.getQueueAttributes(r -> r.queueUrl(url)
                .attributeNames(QueueAttributeName.ALL)).attributes();
        check(attributes.get(QueueAttributeName.DELAY_SECONDS).equals("1"), attributes);
        check(attributes.get(QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES).equals("0"), attributes);
    }

    private void end() {
        sqs.purgeQueue(r -> r.queueUrl(url));
        sqs.deleteQueue(r -> r.queueUrl(url));
        try {
            sqs.sendMessage(r -> r.queueUrl(url).messageBody("late"));
            throw new AssertionError("a deleted queue took a message");
        } catch (QueueDoesNotExistException error) {
            check(error.statusCode() == 400, error);
        }
    }
}
