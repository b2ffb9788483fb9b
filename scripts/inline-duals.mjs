// asc transform: marks every function of src/duals `@inline`. The files are shared with tsc, which has no such decorator, and
// Binaryen alone leaves the larger polynomials as calls inside the hot loops.
import { Node, NodeKind } from 'assemblyscript';
import { Transform } from 'assemblyscript/transform';

export default class InlineDuals extends Transform {
  afterParse(parser) {
    for (const source of parser.sources) {
      if (!source.normalizedPath.startsWith('src/duals/')) continue;
      for (const statement of source.statements) {
        if (statement.kind !== NodeKind.FunctionDeclaration) continue;
        const name = Node.createIdentifierExpression('inline', statement.range);
        statement.decorators = [...(statement.decorators ?? []), Node.createDecorator(name, null, statement.range)];
      }
    }
  }
}
