package example;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.events.SQSBatchResponse;
import com.amazonaws.services.lambda.runtime.events.SQSEvent;
import java.util.List;
import java.util.stream.Collectors;

/** A handler of events of a queue, in AWS's classes for them: fails what says "bad". */
public class Batch implements RequestHandler<SQSEvent, SQSBatchResponse> {
  @Override
  public SQSBatchResponse handleRequest(SQSEvent event, Context context) {
    List<SQSBatchResponse.BatchItemFailure> failures =
        event.getRecords().stream()
            .peek(record -> context.getLogger().log(
                record.getBody() + " from " + record.getEventSourceArn()
                    + ", " + record.getAttributes().get("ApproximateReceiveCount")))
            .filter(record -> record.getBody().contains("bad"))
            .map(record -> new SQSBatchResponse.BatchItemFailure(record.getMessageId()))
            .collect(Collectors.toList());
    return new SQSBatchResponse(failures);
  }
}
