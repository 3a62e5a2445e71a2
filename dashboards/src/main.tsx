import { render } from "preact";
import { App } from "./app";
import "./style.css";
import "./page.css";

const root = document.getElementById("app");
if (root) render(<App />, root);
