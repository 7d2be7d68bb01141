package example;

import com.amazonaws.services.lambda.runtime.Context;
import java.util.List;

/** Handlers that are methods of a plain class, with plain classes for what goes in and out. */
public class Plain {
  public static class Item {
    private String name;
    private int count;

    public String getName() {
      return name;
    }

    public void setName(String name) {
      this.name = name;
    }

    public int getCount() {
      return count;
    }

    public void setCount(int count) {
      this.count = count;
    }
  }

  public static class Total {
    public final int count;
    public final String who;

    Total(int count, String who) {
      this.count = count;
      this.who = who;
    }
  }

  public Total add(List<Item> items, Context context) {
    return new Total(items.stream().mapToInt(Item::getCount).sum(), context.getFunctionName());
  }

  public Item twice(Item item) {
    item.setCount(item.getCount() * 2);
    return item;
  }

  public static int length(String text) {
    return text.length();
  }

  public void nothing() {}

  /** Not public: no handler. */
  int hidden(int number) {
    return number;
  }
}
