// ruleid: markup-of-a-script
row.innerHTML = title;
// ruleid: markup-of-a-script
row.insertAdjacentHTML("beforeend", title);
// ok: markup-of-a-script
row.textContent = title;
