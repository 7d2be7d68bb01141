package example;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;

/** A handler of the interface RequestHandler: does what its event says, or tells what it sees. */
public class Orders implements RequestHandler<Map<String, Object>, Object> {
  private int calls = 0;

  public Orders() {
    System.out.println("loading");
    if (System.getenv("FAIL") != null) {
      throw new IllegalStateException(System.getenv("FAIL"));
    }
  }

  @Override
  public Object handleRequest(Map<String, Object> event, Context context) {
    calls += 1;
    String what = (String) event.getOrDefault("do", "tell");
    switch (what) {
      case "throw":
        throw new IllegalArgumentException("no such order", new RuntimeException("the cause"));
      case "error":
        throw new AssertionError("an error, not an exception");
      case "exit":
        System.exit(3);
        return null;
      case "hang":
        for (;;) {
          Thread.onSpinWait();
        }
      case "fill":
        return fill();
      case "native":
        return takeOutsideTheHeap();
      case "log":
        log(context);
        return null;
      case "write":
        return new Files().tryAll();
      case "threads":
        return Threads.sum(((Number) event.get("count")).intValue());
      case "size":
        return "x".repeat(((Number) event.get("size")).intValue() - 2);
      default:
        return tell(event, context);
    }
  }

  private Object fill() {
    java.util.List<byte[]> kept = new java.util.ArrayList<>();
    for (;;) {
      kept.add(new byte[1_000_000]);
    }
  }

  private Object takeOutsideTheHeap() {
    java.util.List<java.nio.ByteBuffer> kept = new java.util.ArrayList<>();
    for (;;) {
      java.nio.ByteBuffer taken = java.nio.ByteBuffer.allocateDirect(1_000_000);
      while (taken.hasRemaining()) {
        taken.put((byte) 1);
      }
      kept.add(taken);
    }
  }

  private void log(Context context) {
    context.getLogger().log("by the logger");
    context.getLogger().log("two\nlines");
    System.out.println("by System.out: äöü");
    System.err.println("by System.err");
    System.out.print("without an end");
  }

  private Map<String, Object> tell(Map<String, Object> event, Context context) {
    Map<String, Object> told = new LinkedHashMap<>();
    told.put("event", event);
    told.put("calls", calls);
    told.put("requestId", context.getAwsRequestId());
    told.put("arn", context.getInvokedFunctionArn());
    told.put("name", context.getFunctionName());
    told.put("version", context.getFunctionVersion());
    told.put("memory", context.getMemoryLimitInMB());
    told.put("group", context.getLogGroupName());
    told.put("stream", context.getLogStreamName());
    told.put("remaining", context.getRemainingTimeInMillis());
    told.put("client", context.getClientContext() == null ? null : context.getClientContext().getCustom());
    told.put("trace", System.getProperty("com.amazonaws.xray.traceHeader"));
    Properties properties = System.getProperties();
    told.put("java", properties.getProperty("java.specification.version"));
    told.put("home", properties.getProperty("java.home"));
    told.put("mine", properties.getProperty("mine"));
    told.put("heap", Runtime.getRuntime().maxMemory() / 1_048_576);
    told.put("variables", new java.util.TreeMap<>(System.getenv()));
    return told;
  }
}
